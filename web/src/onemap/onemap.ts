/** `<city-onemap>`: the map page. Layers at the left, what was clicked at the right, time below. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { useZone } from "../clock.ts";
import type { Found, LayerDeclaration, ScreenDeclaration } from "../contract.ts";
import { facts } from "../facts.ts";
import { getJson, RequestFailed } from "../http.ts";
import type { Padding, Picked } from "../maps/ground.ts";
import { PlaceTree } from "../maps/place-tree.ts";
import "../maps/stage.ts";
import "../maps/trail.ts";
import { Scope } from "../scope.ts";
import "../screen/timeline.ts";
import { remember, shownAtFirst } from "../shown-layers.ts";
import { Stream } from "../stream.ts";
import { text } from "../text.ts";
import { layerTree } from "./layer-tree.ts";
import "./search-box.ts";

const NAME = "onemap";
/** The screen whose timeline, zone and centre the map shares. */
const SCREEN = "city";
const EDGE: Padding = { top: 56, right: 40, bottom: 32, left: 40 };

export class CityOneMap extends LitElement {
  static override properties = {
    screen: { state: true },
    layers: { state: true },
    shown: { state: true },
    picked: { state: true },
    failure: { state: true },
    isTreeOpen: { state: true },
  };
  declare screen: ScreenDeclaration | null;
  declare layers: readonly LayerDeclaration[];
  declare shown: ReadonlySet<string>;
  declare picked: Picked | null;
  declare failure: RequestFailed | null;
  declare isTreeOpen: boolean;
  readonly scope = new Scope(new URL(location.href));
  readonly tree = new PlaceTree();
  readonly stream = new Stream("/api/v1/stream");

  constructor() {
    super();
    this.screen = null;
    this.layers = [];
    this.shown = new Set();
    this.picked = null;
    this.failure = null;
    this.isTreeOpen = matchMedia("(min-width: 901px)").matches;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("pagehide", this.#leaving);
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("pagehide", this.#leaving);
    this.stream.stop();
  }

  #leaving = (): void => this.stream.stop();

  async #load(): Promise<void> {
    try {
      const [screen, layers] = await Promise.all([
        getJson<ScreenDeclaration>(`/api/v1/screens/${SCREEN}`),
        getJson<LayerDeclaration[]>("/api/v1/map/layers"),
      ]);
      useZone(screen.zone);
      if (this.scope.wanted.length) this.scope.go(await this.tree.trailOf(this.scope.wanted));
      this.shown = shownAtFirst(NAME, layers);
      this.layers = layers;
      this.failure = null;
      this.screen = screen;
      this.stream.start();
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.failure = error;
    }
  }

  protected override render(): TemplateResult {
    if (this.failure) return this.#failed(this.failure);
    if (!this.screen) return html`<p class="stage-said" role="status">${text("loading")}</p>`;
    return html`
      <aside class="onemap-side" ?hidden=${!this.isTreeOpen}>
        <city-search @found=${this.#found}></city-search>
        ${layerTree(this.layers, this.shown, this.#toggle)}
      </aside>
      <div class="onemap-map">
        <city-stage .scope=${this.scope} .tree=${this.tree} .stream=${this.stream} .centre=${this.screen.centre}
          .layers=${this.layers} .shown=${this.shown} .inset=${() => EDGE} @pick=${this.#picked}></city-stage>
        <div class="onemap-top">
          <button type="button" class="icon-button" aria-label=${text("layers")} aria-expanded=${this.isTreeOpen}
            @click=${() => (this.isTreeOpen = !this.isTreeOpen)}>
            <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 2l6 3.2L8 8.4 2 5.2zM2.6 8.2L8 11l5.4-2.8M2.6 10.9L8 13.7l5.4-2.8" fill="none" stroke="currentColor" stroke-width="1.3"></path></svg>
          </button>
          <city-trail .scope=${this.scope} .tree=${this.tree}></city-trail>
        </div>
        ${this.#zoom()}
      </div>
      ${this.picked ? html`<aside class="onemap-facts">${this.#facts(this.picked)}</aside>` : nothing}
      <city-timeline .screenName=${SCREEN} .scope=${this.scope} .stream=${this.stream}></city-timeline>
    `;
  }

  #failed(failure: RequestFailed): TemplateResult {
    return html`<div class="stage-said" role="alert">
      <b>${text(failure.kind)}</b> ${failure.detail ?? nothing}
      <p><button type="button" class="button" @click=${() => void this.#load()}>${text("retry")}</button></p>
    </div>`;
  }

  #zoom(): TemplateResult {
    const stage = () => this.querySelector("city-stage");
    return html`<div class="onemap-zoom">
      <button type="button" class="icon-button" aria-label=${text("zoom-in")} @click=${() => stage()?.zoom(1)}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 3v10M3 8h10" stroke="currentColor" stroke-width="1.6"></path></svg>
      </button>
      <button type="button" class="icon-button" aria-label=${text("zoom-out")} @click=${() => stage()?.zoom(-1)}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 8h10" stroke="currentColor" stroke-width="1.6"></path></svg>
      </button>
      <button type="button" class="icon-button" aria-label=${text("fit-all")} @click=${() => stage()?.fitAll()}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" fill="none" stroke="currentColor" stroke-width="1.6"></path></svg>
      </button>
    </div>`;
  }

  #facts(picked: Picked): TemplateResult {
    const layer = this.layers.find(({ name }) => name === picked.layer);
    return facts(picked, layer, () => (this.picked = null));
  }

  #toggle = (name: string): void => {
    const shown = new Set(this.shown);
    if (!shown.delete(name)) shown.add(name);
    this.shown = shown;
    remember(NAME, shown);
  };

  #picked = (event: CustomEvent<Picked | null>): void => {
    this.picked = event.detail;
  };

  #found = ({ detail }: CustomEvent<Found>): void => {
    const { title, lon, lat, href = null } = detail;
    this.querySelector("city-stage")?.goTo(lon, lat);
    this.picked = { layer: "", properties: { id: title, name: title, href }, lon, lat, x: 0, y: 0 };
    if (!matchMedia("(min-width: 901px)").matches) this.isTreeOpen = false;
  };
}

customElements.define("city-onemap", CityOneMap);
