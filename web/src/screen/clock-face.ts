/** `<city-clock>`: the time and date of the city. */
import { html, LitElement, type TemplateResult } from "lit";
import { everySecond, longDate, now, timeWithSeconds } from "../clock.ts";

export class CityClock extends LitElement {
  #stop: (() => void) | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = everySecond(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override render(): TemplateResult {
    const at = now();
    return html`<time class="clock">${timeWithSeconds(at)}</time><span class="date">${longDate(at)}</span>`;
  }
}

customElements.define("city-clock", CityClock);
