/** `line`: values over time, with an optional band of what is expected. */
import { html } from "lit";
import "../chart.ts";
import type { LineBody } from "../charts/line.ts";
import type { PanelKind } from "../panel-kind.ts";
import { text } from "../text.ts";

export const line: PanelKind<LineBody> = {
  kind: "line",
  render: (body, { panel }) =>
    body.series.some((series) => series.points.length)
      ? html`<city-chart kind="line" label=${panel.title} .body=${body}></city-chart>`
      : html`<p class="nothing">${text("empty")}</p>`,
};
