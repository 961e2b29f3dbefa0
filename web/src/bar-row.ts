/** One titled horizontal bar; its length is a share of the longest. */
import { html, type TemplateResult } from "lit";
import { styled } from "./styled.ts";
import { linked } from "./links.ts";

export function barRow(
  title: string,
  shown: string,
  share: number,
  href: string | null | undefined,
): TemplateResult {
  const width = `${Math.min(Math.max(share, 0.012), 1) * 100}%`;
  return html`<li>
    ${linked(
      href,
      "bar-row",
      html`<span class="bar-title" title=${title}>${title}</span>
        <span class="bar-track"><span class="bar" ${styled({ width })}></span></span>
        <span class="bar-value">${shown}</span>`,
    )}
  </li>`;
}
