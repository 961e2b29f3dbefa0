/** `<city-screen name="…">`: one screen of the cockpit, put together from its declaration. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { styled } from "../styled.ts";
import { moment, useZone } from "../clock.ts";
import type { PanelDeclaration, ScreenDeclaration } from "../contract.ts";
import { facts } from "../facts.ts";
import { getJson, RequestFailed } from "../http.ts";
import type { Padding, Picked } from "../maps/ground.ts";
import { PlaceTree } from "../maps/place-tree.ts";
import "../maps/trail.ts";
import { rem } from "../palette.ts";
import { Scope } from "../scope.ts";
import { shownAtFirst, remember } from "../shown-layers.ts";
import { Stream } from "../stream.ts";
import { text } from "../text.ts";
import "./clock-face.ts";
import "./panel.ts";
import "./timeline.ts";

/** Below this the screen is one column: the same as in screen.css. */
export const NARROW = "(max-width: 900px)";
const PATIENCE_MS = 1500;
const CARD = { width: 20, height: 15 };

export class CityScreen extends LitElement {
  static override properties = {
    name: {},
    declaration: { state: true },
    failure: { state: true },
    shown: { state: true },
    picked: { state: true },
    mapReady: { state: true },
  };
  declare name: string;
  declare declaration: ScreenDeclaration | null;
  declare failure: RequestFailed | null;
  declare shown: ReadonlySet<string>;
  declare picked: Picked | null;
  declare mapReady: boolean;
  readonly scope = new Scope(new URL(location.href));
  readonly tree = new PlaceTree();
  readonly stream = new Stream("/api/v1/stream");

  constructor() {
    super();
    this.declaration = null;
    this.failure = null;
    this.shown = new Set();
    this.picked = null;
    this.mapReady = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.scope.addEventListener("time", this.#changed);
    document.addEventListener("fullscreenchange", this.#changed);
    addEventListener("pagehide", this.#leaving);
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.scope.removeEventListener("time", this.#changed);
    document.removeEventListener("fullscreenchange", this.#changed);
    removeEventListener("pagehide", this.#leaving);
    this.stream.stop();
  }

  async #load(): Promise<void> {
    try {
      const declaration = await getJson<ScreenDeclaration>(`/api/v1/screens/${encodeURIComponent(this.name)}`);
      useZone(declaration.zone);
      this.shown = shownAtFirst(this.name, declaration.layers);
      this.failure = null;
      this.declaration = declaration;
      document.title = declaration.title;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.failure = error;
      return;
    }
    await this.updateComplete;
    this.stream.start();
    await this.#standWhereAsked();
    await Promise.all([import("../maps/stage.ts"), this.#panelsDrawn()]);
    this.mapReady = true;
  }

  /** Starting the graphics can hold the page for seconds on a weak machine: numbers go first. */
  async #panelsDrawn(): Promise<void> {
    const panels = [...this.querySelectorAll("city-panel")].map((panel) => panel.drawn);
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([Promise.all(panels), patience]);
    await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  }

  async #standWhereAsked(): Promise<void> {
    if (!this.scope.wanted.length) return;
    try {
      this.scope.go(await this.tree.trailOf(this.scope.wanted));
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
    }
  }

  #changed = (): void => this.requestUpdate();
  #leaving = (): void => this.stream.stop();

  protected override render(): TemplateResult {
    if (this.failure) return this.#failed(this.failure);
    if (!this.declaration) return html`<p class="screen-said" role="status">${text("loading")}</p>`;
    const { declaration } = this;
    return html`
      ${this.#head(declaration)}
      <main class="screen-map">${this.#map(declaration)}</main>
      <div class="screen-column" data-slot="left">${this.#panels("left")}</div>
      <div class="screen-column" data-slot="right">${this.#panels("right")}</div>
      <section class="screen-foot" aria-label=${text("layers")}>
        <city-trail .scope=${this.scope} .tree=${this.tree}></city-trail>
        ${this.#chips(declaration)}
      </section>
      <city-timeline class="panel" .screenName=${this.name} .scope=${this.scope} .stream=${this.stream}></city-timeline>
    `;
  }

  #failed(failure: RequestFailed): TemplateResult {
    return html`<div class="screen-said unavailable" role="alert">
      <b>${text(failure.kind)}</b>
      ${failure.detail ? html`<span>${failure.detail}</span>` : nothing}
      ${failure.kind === "signed-out"
        ? html`<a class="button" href="/">${text("sign-in")}</a>`
        : html`<button type="button" class="button" @click=${() => void this.#load()}>${text("retry")}</button>`}
    </div>`;
  }

  #head(declaration: ScreenDeclaration): TemplateResult {
    const isFull = document.fullscreenElement !== null;
    return html`<header class="screen-head">
      <div class="head-left">
        <a class="icon-button" href="/" aria-label=${text("portal")} title=${text("portal")}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M10 3L5 8l5 5" fill="none" stroke="currentColor" stroke-width="1.6"></path></svg>
        </a>
        <city-clock></city-clock>
      </div>
      <div class="head-title">
        <h1>${declaration.title}</h1>
        <p>
          ${declaration.simulated ? html`<span class="simulated">${text("simulated")}</span>` : nothing}
          ${this.scope.isLive ? declaration.subtitle : html`<b class="replay-at">${text("replaying")} ${moment(this.scope.at ?? 0)}</b>`}
        </p>
      </div>
      <div class="head-right">
        ${this.#panels("head")}
        <button type="button" class="icon-button full-screen" aria-label=${text(isFull ? "leave-full-screen" : "full-screen")}
          title=${text(isFull ? "leave-full-screen" : "full-screen")} @click=${this.#fullScreen}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" fill="none" stroke="currentColor" stroke-width="1.6"></path></svg>
        </button>
      </div>
    </header>`;
  }

  #panels(slot: PanelDeclaration["slot"]): TemplateResult[] {
    const panels = this.declaration?.panels.filter((panel) => panel.slot === slot) ?? [];
    return panels.map(
      (panel) => html`<city-panel .panel=${panel} .screenName=${this.name} .scope=${this.scope} .stream=${this.stream}></city-panel>`,
    );
  }

  #map(declaration: ScreenDeclaration): TemplateResult {
    if (!this.mapReady) return html`<p class="stage-said" role="status">${text("map-loading")}</p>`;
    return html`<city-stage .scope=${this.scope} .tree=${this.tree} .stream=${this.stream} .centre=${declaration.centre}
        .layers=${declaration.layers} .shown=${this.shown} .pitch=${42} .raised=${true} .shared=${matchMedia(NARROW).matches}
        .inset=${this.#inset} @pick=${(event: CustomEvent<Picked | null>) => (this.picked = event.detail)}></city-stage>
      ${this.picked ? this.#card(declaration, this.picked) : nothing}`;
  }

  #card(declaration: ScreenDeclaration, picked: Picked): TemplateResult {
    const { clientWidth, clientHeight } = this.querySelector(".screen-map") ?? this;
    const place = {
      left: `${Math.max(8, Math.min(picked.x + rem(0.75), clientWidth - rem(CARD.width) - 8))}px`,
      top: `${Math.max(8, Math.min(picked.y + rem(0.75), clientHeight - rem(CARD.height) - 8))}px`,
    };
    const layer = declaration.layers.find(({ name }) => name === picked.layer);
    return html`<aside class="facts-card panel" ${styled(place)}>${facts(picked, layer, () => (this.picked = null))}</aside>`;
  }

  #chips(declaration: ScreenDeclaration): TemplateResult {
    return html`<div class="chips" role="group" aria-label=${text("layers")}>
      ${declaration.layers.map(
        ({ name, title }) =>
          html`<button type="button" class="chip" aria-pressed=${this.shown.has(name)} @click=${() => this.#toggle(name)}>${title}</button>`,
      )}
    </div>`;
  }

  #toggle(name: string): void {
    const shown = new Set(this.shown);
    if (!shown.delete(name)) shown.add(name);
    this.shown = shown;
    remember(this.name, shown);
  }

  /** The columns lie over the map; the city belongs in the opening between them. */
  #inset = (): Padding => {
    const gap = rem(1);
    if (matchMedia(NARROW).matches) return { top: gap, right: gap, bottom: gap, left: gap };
    const wide = (slot: string): number => this.querySelector(`[data-slot="${slot}"]`)?.clientWidth ?? 0;
    return { top: rem(5), right: wide("right") + gap * 1.75, bottom: rem(10), left: wide("left") + gap * 1.75 };
  };

  #fullScreen = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen();
  };
}

customElements.define("city-screen", CityScreen);
