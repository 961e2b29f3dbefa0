/** `<city-search>`: finds places and records by name or code. Fires `found` with the chosen one. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Found } from "../contract.ts";
import { getJson, RequestFailed, withQuery } from "../http.ts";
import { text } from "../text.ts";

const PAUSE_MS = 250;

export class CitySearch extends LitElement {
  static override properties = { results: { state: true }, failure: { state: true } };
  declare results: readonly Found[] | null;
  declare failure: RequestFailed | null;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #aborter: AbortController | null = null;

  constructor() {
    super();
    this.results = null;
    this.failure = null;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<search>
      <input type="search" placeholder=${text("search")} aria-label=${text("search")} autocomplete="off" maxlength="60"
        @input=${this.#typed} @keydown=${this.#keyed} />
      ${this.failure ? html`<p class="search-said">${text(this.failure.kind)}</p>` : nothing}
      ${this.results ? this.#list(this.results) : nothing}
    </search>`;
  }

  #list(results: readonly Found[]): TemplateResult {
    if (!results.length) return html`<p class="search-said">${text("search-nothing")}</p>`;
    return html`<ul class="search-results" aria-label=${text("search-results")}>
      ${results.map(
        (found) => html`<li>
          <button type="button" @click=${() => this.#choose(found)}><span>${found.title}</span><small>${found.kind}</small></button>
        </li>`,
      )}
    </ul>`;
  }

  #choose(found: Found): void {
    this.results = null;
    this.dispatchEvent(new CustomEvent<Found>("found", { detail: found, bubbles: true }));
  }

  #typed = (event: Event): void => {
    clearTimeout(this.#pause);
    this.#aborter?.abort();
    const asked = (event.target as HTMLInputElement).value.trim();
    if (asked) this.#pause = setTimeout(() => void this.#ask(asked), PAUSE_MS);
    else this.results = null;
  };

  #keyed = (event: KeyboardEvent): void => {
    const first = this.results?.[0];
    if (event.key === "Escape") this.results = null;
    else if (event.key === "Enter" && first) this.#choose(first);
  };

  async #ask(asked: string): Promise<void> {
    const aborter = new AbortController();
    this.#aborter = aborter;
    try {
      this.results = await getJson<Found[]>(withQuery("/api/v1/map/search", { q: asked }), aborter.signal);
      this.failure = null;
    } catch (error) {
      if (aborter.signal.aborted) return;
      if (!(error instanceof RequestFailed)) throw error;
      this.results = null;
      this.failure = error;
    }
  }
}

customElements.define("city-search", CitySearch);

declare global {
  interface HTMLElementEventMap {
    found: CustomEvent<Found>;
  }
}
