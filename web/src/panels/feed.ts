/** `feed`: warnings, newest first, the colour always with its word. */
import { html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { moment } from "../clock.ts";
import type { Severity } from "../contract.ts";
import { linked } from "../links.ts";
import type { PanelKind } from "../panel-kind.ts";
import { text } from "../text.ts";

interface Item {
  readonly id: string | number;
  readonly severity: Severity;
  readonly title: string;
  readonly detail: string;
  readonly at: string;
  readonly href?: string | null;
}

function entry(item: Item): TemplateResult {
  const content = html`
    <span class="severity" data-severity=${item.severity}>${text(`${item.severity}-short`)}</span>
    <span class="feed-words">
      <span class="feed-title">${item.title}</span>
      <span class="feed-detail">${item.detail}</span>
    </span>
    <time datetime=${item.at}>${moment(item.at)}</time>
  `;
  return html`<li>${linked(item.href, "feed-item", content)}</li>`;
}

export const feed: PanelKind<{ readonly items: readonly Item[] }> = {
  kind: "feed",
  render: ({ items }) =>
    items.length
      ? html`<ul class="feed" tabindex="0">${repeat(items, (item) => item.id, entry)}</ul>`
      : html`<p class="nothing">${text("empty-feed")}</p>`,
};
