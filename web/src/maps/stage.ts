/**
 * `<city-stage>`: the one map of the cockpit and the map page. Shows where the focus stands, the
 * chosen layers live or at the replayed instant, and goes into a place when it is clicked.
 * Fires `pick` with what was clicked, or null.
 */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Features, LayerDeclaration, PlaceProperties } from "../contract.ts";
import { Scope } from "../scope.ts";
import { RequestFailed } from "../http.ts";
import type { Reading } from "../live-source.ts";
import type { Stream } from "../stream.ts";
import { text } from "../text.ts";
import { boundsOf, type Bounds } from "./bounds.ts";
import { openGround, type Ground, type Padding, type Picked } from "./ground.ts";
import { LayerFeeds } from "./layer-feeds.ts";
import { PlaceTree, step, type Standing } from "./place-tree.ts";

const NEAR_ZOOM = 13;

export class CityStage extends LitElement {
  static override properties = {
    layers: { attribute: false },
    shown: { attribute: false },
    phase: { state: true },
    notices: { state: true },
  };
  declare layers: readonly LayerDeclaration[];
  declare shown: ReadonlySet<string>;
  declare phase: "loading" | "ready" | "failed";
  declare notices: ReadonlyMap<string, string>;
  scope!: Scope;
  tree!: PlaceTree;
  stream: Stream | null = null;
  centre: readonly [number, number] = [0, 0];
  pitch = 0;
  raised = false;
  shared = false;
  /** How much of the map's edges other things cover. */
  inset: () => Padding = () => ({ top: 24, right: 24, bottom: 24, left: 24 });
  #ground: Ground | null = null;
  #feeds: LayerFeeds | null = null;
  #standing: Standing | null = null;
  #bounds: Bounds | null = null;
  #turn = 0;
  #width = 0;

  constructor() {
    super();
    this.layers = [];
    this.shown = new Set();
    this.phase = "loading";
    this.notices = new Map();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const said = this.phase === "ready" ? null : text(this.phase === "failed" ? "map-failed" : "map-loading");
    return html`<div class="ground"></div>
      ${said ? html`<p class="stage-said" role="status">${said}</p>` : nothing}
      <div class="stage-notices" role="status">${[...this.notices.values()].map((notice) => html`<p>${notice}</p>`)}</div>`;
  }

  protected override firstUpdated(): void {
    this.scope.addEventListener("place", this.#placeChanged);
    this.scope.addEventListener("settled", this.#timeChanged);
    addEventListener("resize", this.#resized);
    this.#width = this.clientWidth;
    void this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.scope.removeEventListener("place", this.#placeChanged);
    this.scope.removeEventListener("settled", this.#timeChanged);
    removeEventListener("resize", this.#resized);
    this.#feeds?.stop();
    this.#ground?.close();
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has("shown") || changed.has("layers")) this.#showLayers();
  }

  fitAll(): void {
    if (this.#bounds) this.#ground?.fit(this.#bounds, this.inset(), false);
  }

  zoom(steps: 1 | -1): void {
    this.#ground?.zoom(steps);
  }

  goTo(lon: number, lat: number): void {
    this.#ground?.goTo(lon, lat, NEAR_ZOOM);
  }

  async #open(): Promise<void> {
    const container = this.querySelector<HTMLElement>(".ground");
    if (!container) return;
    const [ground] = await Promise.all([
      openGround({
        container,
        centre: this.centre,
        pitch: this.pitch,
        raised: this.raised,
        shared: this.shared,
        label: text("map-name"),
        events: {
          place: (place) => this.#go(place),
          feature: (picked) => this.#pick(picked),
          nothing: () => this.#pick(null),
          moved: () => this.#feeds?.moved(),
        },
      }),
      this.tree.below(null).catch(() => null),
    ]);
    if (!this.isConnected) return ground.close();
    this.#ground = ground;
    if (ground.isFlat) this.#notice("flat", text("map-flat"));
    await this.#stand(true);
    this.#feeds = new LayerFeeds({
      scope: this.scope,
      stream: this.stream,
      view: () => ground.view(),
      changed: (layer, reading) => this.#layerChanged(layer, reading),
    });
    this.#showLayers();
  }

  async #stand(instant: boolean): Promise<void> {
    const turn = ++this.#turn;
    try {
      const standing = await this.tree.standing(this.scope.trail);
      if (turn !== this.#turn || !this.#ground) return;
      this.#standing = standing;
      this.#ground.showPlaces(standing.siblings, standing.inside, standing.focus);
      const near = standing.siblings.features.filter(
        ({ properties }) => standing.focus === null || properties.code === standing.focus,
      );
      this.#bounds = boundsOf(near.map((feature) => feature.geometry));
      if (this.#bounds) this.#ground.fit(this.#bounds, this.inset(), instant);
      this.phase = "ready";
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.phase = "failed";
    }
  }

  #go(place: PlaceProperties): void {
    this.#pick(null);
    if (this.#standing && place.code !== this.scope.place) {
      this.scope.go(step(this.scope.trail, place, this.#standing));
    }
  }

  #pick(picked: Picked | null): void {
    this.dispatchEvent(new CustomEvent<Picked | null>("pick", { detail: picked, bubbles: true }));
  }

  #showLayers(): void {
    const shown = this.layers.filter((layer) => this.shown.has(layer.name));
    for (const name of this.#feeds?.show(shown) ?? []) {
      this.#ground?.hideLayer(name);
      this.#notice(name, null);
    }
  }

  #layerChanged(layer: LayerDeclaration, { value, failure, pending }: Reading<Features>): void {
    if (pending) return;
    if (failure) {
      this.#ground?.hideLayer(layer.name);
      this.#notice(layer.name, text("layer-failed", { title: layer.title }));
    } else if (value) {
      this.#ground?.showLayer(layer, value);
      this.#notice(layer.name, value.truncated ? text("layer-truncated", { title: layer.title }) : null);
    }
  }

  #notice(about: string, said: string | null): void {
    const notices = new Map(this.notices);
    if (said === null) notices.delete(about);
    else notices.set(about, said);
    this.notices = notices;
  }

  #placeChanged = (): void => {
    this.#pick(null);
    void this.#stand(false);
    this.#feeds?.reload();
  };

  #timeChanged = (): void => this.#feeds?.reload();

  /** A phone changes its height whenever its address bar moves; only a new width counts. */
  #resized = (): void => {
    if (this.clientWidth === this.#width) return;
    this.#width = this.clientWidth;
    this.#ground?.restyle();
    if (this.#bounds) this.#ground?.fit(this.#bounds, this.inset(), true);
  };
}

customElements.define("city-stage", CityStage);

declare global {
  interface HTMLElementTagNameMap {
    "city-stage": CityStage;
  }
  interface HTMLElementEventMap {
    pick: CustomEvent<Picked | null>;
  }
}
