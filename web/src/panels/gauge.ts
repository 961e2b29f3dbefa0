/** `gauge`: one index on an arc of class colours, with its parts as bars. */
import { html, nothing, svg, type TemplateResult } from "lit";
import { arc, shareOfScale, HJ633_CLASSES, type ScaleClass } from "../scales.ts";
import { linked } from "../links.ts";
import { number, withUnit } from "../numbers.ts";
import type { PanelKind } from "../panel-kind.ts";
import { barRow } from "../bar-row.ts";

interface Part {
  readonly title: string;
  readonly value: number | null;
  readonly unit: string;
  /** The part's own index on the gauge's scale; its bar is drawn by it when given. */
  readonly index?: number | null;
  readonly href?: string | null;
}

interface Body {
  readonly value: number | null;
  /** Class 1-6. */
  readonly level: number | null;
  readonly level_title: string;
  readonly primary?: string | null;
  readonly max: number;
  readonly href?: string | null;
  readonly classes?: readonly ScaleClass[];
  readonly bars: readonly Part[];
}

const RADIUS = 44;

function dial(body: Body): TemplateResult {
  const classes = body.classes ?? HJ633_CLASSES;
  const share = shareOfScale(classes, body.value ?? 0);
  let from = 0;
  const segments = classes.map((each, index) => {
    const to = (index + 1) / classes.length;
    const path = arc(RADIUS, from + (index ? 0.004 : 0), to - 0.004);
    from = to;
    return svg`<path d=${path} class="dial-class" data-level=${each.level}></path>`;
  });
  const angle = -120 + share * 240;
  return html`<svg class="dial" viewBox="-52 -52 104 88" aria-hidden="true">
    ${segments}
    ${body.value === null
      ? nothing
      : svg`<path class="dial-hand" d="M0 -36 L-4.5 -46.5 L4.5 -46.5 Z" transform="rotate(${angle})"></path>`}
  </svg>`;
}

function parts(body: Body): TemplateResult {
  const top = Math.max(...body.bars.map((part) => part.index ?? part.value ?? 0), 1);
  return html`<ul class="bar-list gauge-parts">
    ${body.bars.map((part) => {
      const size = (part.index ?? part.value ?? 0) / top;
      return barRow(part.title, withUnit(part.value, part.unit), size * 0.94, part.href);
    })}
  </ul>`;
}

export const gauge: PanelKind<Body> = {
  kind: "gauge",
  render: (body) => html`<div class="gauge">
    ${linked(
      body.href,
      "gauge-dial",
      html`${dial(body)}
        <span class="gauge-value">${number(body.value)}</span>
        <span class="gauge-level" data-level=${body.level ?? nothing}>${body.level_title}</span>
        ${body.primary ? html`<span class="gauge-primary">${body.primary}</span>` : nothing}`,
    )}
    ${parts(body)}
  </div>`,
};
