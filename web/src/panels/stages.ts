/** `stages`: today's cases from report to close, hour by hour. */
import { html, nothing, type TemplateResult } from "lit";
import "../chart.ts";
import type { ColumnsBody } from "../charts/columns.ts";
import { linked } from "../links.ts";
import { number, withUnit } from "../numbers.ts";
import type { PanelKind } from "../panel-kind.ts";

interface Stage {
  readonly title: string;
  readonly value: number | null;
  readonly href?: string | null;
}

interface Body {
  readonly stages: readonly Stage[];
  readonly rate?: { readonly title: string; readonly value: number | null; readonly unit: string } | null;
  readonly columns?: ColumnsBody | null;
}

function stage(item: Stage): TemplateResult {
  const content = html`<b>${number(item.value)}</b><span>${item.title}</span>`;
  return html`<li>${linked(item.href, "stage", content)}</li>`;
}

export const stages: PanelKind<Body> = {
  kind: "stages",
  remark: ({ rate }) => (rate ? html`${rate.title} <b>${withUnit(rate.value, rate.unit)}</b>` : null),
  render: (body, { panel }) => html`
    <ol class="stages">${body.stages.map(stage)}</ol>
    ${body.columns?.times.length
      ? html`<city-chart kind="columns" label=${panel.title} .body=${body.columns}></city-chart>`
      : nothing}
  `,
};
