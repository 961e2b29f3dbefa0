/** `<city-trail>`: where the map stands, the way back up, and the way down without a mouse. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { PlaceProperties } from "../contract.ts";
import { RequestFailed } from "../http.ts";
import type { Scope } from "../scope.ts";
import { text } from "../text.ts";
import { stopOf, type PlaceTree } from "./place-tree.ts";

export class CityTrail extends LitElement {
  static override properties = { below: { state: true } };
  declare below: readonly PlaceProperties[];
  scope!: Scope;
  tree!: PlaceTree;

  constructor() {
    super();
    this.below = [];
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.scope.addEventListener("place", this.#changed);
    this.#changed();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.scope.removeEventListener("place", this.#changed);
  }

  protected override render(): TemplateResult {
    const { trail } = this.scope;
    const last = trail.length;
    return html`<nav aria-label=${text("places")}>
      <ol>
        <li>${this.#stop(text("whole-city"), 0, last === 0)}</li>
        ${trail.map((stop, index) => html`<li>${this.#stop(stop.name, index + 1, index + 1 === last)}</li>`)}
        ${this.below.length
          ? html`<li>
              <select aria-label=${text("go-into")} @change=${this.#chosen}>
                <option value="" selected>${text("go-into")}</option>
                ${this.below.map((place) => html`<option value=${place.code}>${place.name}</option>`)}
              </select>
            </li>`
          : nothing}
      </ol>
    </nav>`;
  }

  #stop(name: string, depth: number, current: boolean): TemplateResult {
    if (current) return html`<b aria-current="location">${name}</b>`;
    return html`<button type="button" @click=${() => this.scope.go(this.scope.trail.slice(0, depth))}>${name}</button>`;
  }

  #chosen = (event: Event): void => {
    const select = event.target as HTMLSelectElement;
    const place = this.below.find(({ code }) => code === select.value);
    select.value = "";
    if (place) this.scope.go([...this.scope.trail, stopOf(place)]);
  };

  #changed = (): void => {
    this.requestUpdate();
    void this.#lookBelow();
  };

  async #lookBelow(): Promise<void> {
    const { trail } = this.scope;
    try {
      const places = await this.tree.below(trail.at(-1) ?? null);
      if (trail === this.scope.trail) this.below = places.features.map((feature) => feature.properties);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.below = [];
    }
  }
}

customElements.define("city-trail", CityTrail);
