/** `vitals`: the city's few signs of life, each with its unit, change and last day. */
import { html, nothing, svg, type TemplateResult } from "lit";
import { age } from "../clock.ts";
import type { Sample } from "../contract.ts";
import { linked } from "../links.ts";
import { number, signed } from "../numbers.ts";
import type { PanelKind } from "../panel-kind.ts";
import { areaPath, linePath, sparkPoints } from "../spark.ts";

export interface Vital {
  readonly key: string;
  readonly title: string;
  readonly value: number | null;
  readonly unit: string;
  readonly change?: number | null;
  /** Unit of the change when it is not the value's, such as % */
  readonly change_unit?: string | null;
  readonly change_basis?: string | null;
  /** Whether the change is welcome; neutral when the server does not say. */
  readonly trend?: "good" | "bad" | null;
  readonly at?: string | null;
  readonly stale?: boolean;
  readonly series?: readonly Sample[];
  readonly href?: string | null;
}

const WIDTH = 96;
const HEIGHT = 36;

function spark(series: readonly Sample[]): TemplateResult | typeof nothing {
  const points = sparkPoints(series, WIDTH, HEIGHT);
  if (points.length < 2) return nothing;
  return html`<svg class="vital-spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<path class="spark-area" d=${areaPath(points, HEIGHT)}></path>`}
    ${svg`<path class="spark-line" d=${linePath(points)}></path>`}
  </svg>`;
}

function beneath(item: Vital, today: number): TemplateResult | typeof nothing {
  if (item.stale && item.at) return html`<span class="age">${age(item.at, today)}</span>`;
  if (item.change === null || item.change === undefined) return nothing;
  const unit = item.change_unit ? `\u00a0${item.change_unit}` : "";
  return html`<span class="change" data-trend=${item.trend ?? "neutral"} title=${item.change_basis ?? nothing}>
    ${signed(item.change)}${unit}
  </span>`;
}

function vital(item: Vital, today: number): TemplateResult {
  const content = html`
    <span class="vital-title">${item.title}</span>
    <span class="vital-value">${number(item.value)}<small class="unit">${item.unit}</small></span>
    <span class="vital-below">${beneath(item, today)}</span>
    ${spark(item.series ?? [])}
  `;
  const trend = item.stale ? "stale" : (item.trend ?? "neutral");
  return html`<li data-trend=${trend}>${linked(item.href, "vital", content)}</li>`;
}

export const vitals: PanelKind<{ readonly items: readonly Vital[] }> = {
  kind: "vitals",
  render: ({ items }, { today }) => html`<ul class="vitals">${items.map((item) => vital(item, today))}</ul>`,
};
