/** `counts`: how many warnings of each colour are open; sits in the head of the screen. */
import { html, type TemplateResult } from "lit";
import { linked } from "../links.ts";
import { number } from "../numbers.ts";
import type { PanelKind } from "../panel-kind.ts";

interface Item {
  readonly key: string;
  readonly title: string;
  readonly value: number | null;
  readonly href?: string | null;
}

function count(item: Item): TemplateResult {
  const content = html`<i data-severity=${item.key}></i><span>${item.title}</span><b>${number(item.value)}</b>`;
  return html`<li>${linked(item.href, "count", content)}</li>`;
}

export const counts: PanelKind<{ readonly items: readonly Item[] }> = {
  kind: "counts",
  render: ({ items }) => html`<ul class="counts">${items.map(count)}</ul>`,
};
