/** `bars`: a ranking. */
import { html } from "lit";
import { barRow } from "../bar-row.ts";
import { withUnit } from "../numbers.ts";
import type { PanelKind } from "../panel-kind.ts";
import { text } from "../text.ts";

interface Item {
  readonly title: string;
  readonly value: number | null;
  readonly unit: string;
  readonly href?: string | null;
}

export const bars: PanelKind<{ readonly items: readonly Item[] }> = {
  kind: "bars",
  render: ({ items }) => {
    if (!items.length) return html`<p class="nothing">${text("empty")}</p>`;
    const top = Math.max(...items.map((item) => item.value ?? 0), 1e-9);
    return html`<ul class="bar-list">
      ${items.map((item) => barRow(item.title, withUnit(item.value, item.unit), (item.value ?? 0) / top, item.href))}
    </ul>`;
  },
};
