/** A number that leads somewhere is a link; one that does not is plain text. */
import { html, type TemplateResult } from "lit";

export function linked(
  href: string | null | undefined,
  name: string,
  content: TemplateResult | string,
): TemplateResult {
  return href
    ? html`<a class=${name} href=${href}>${content}</a>`
    : html`<span class=${name}>${content}</span>`;
}
