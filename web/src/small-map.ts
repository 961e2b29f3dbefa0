/**
 * The map of a record page.
 *
 *     <city-map lon="118.4" lat="36.6" src-layer="sensing.terminals"></city-map>
 *
 * Marks the record among the outlines; with `src-layer` also the other records of that layer around
 * it, each a link to its page. The map itself is fetched when the element comes into view.
 */
import type { Features, LayerDeclaration } from "./contract.ts";
import { getJson, RequestFailed, withQuery } from "./http.ts";
import { bboxText, widened } from "./maps/bounds.ts";
import type { Ground } from "./maps/ground.ts";
import { PlaceTree } from "./maps/place-tree.ts";
import { text } from "./text.ts";

/** Near enough to tell places apart, far enough to see which district it is. */
const AREA_ZOOM = 10.5;

export class CityMap extends HTMLElement {
  #ground: Ground | null = null;
  #seen: IntersectionObserver | null = null;

  connectedCallback(): void {
    this.#seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      this.#seen?.disconnect();
      void this.#open();
    });
    this.#seen.observe(this);
  }

  disconnectedCallback(): void {
    this.#seen?.disconnect();
    this.#ground?.close();
    this.#ground = null;
    this.replaceChildren();
  }

  async #open(): Promise<void> {
    const lon = Number(this.getAttribute("lon") ?? Number.NaN);
    const lat = Number(this.getAttribute("lat") ?? Number.NaN);
    if (!Number.isFinite(lon) || !Number.isFinite(lat)) return;
    const [{ openGround }] = await Promise.all([import("./maps/ground.ts"), import("./styles/stage.css")]);
    const container = document.createElement("div");
    container.className = "ground";
    this.replaceChildren(container);
    const ground = await openGround({
      container,
      centre: [lon, lat],
      pitch: 0,
      raised: false,
      shared: true,
      label: text("map-name"),
      events: {
        place: () => undefined,
        feature: ({ properties }) => {
          if (properties.href) location.assign(properties.href);
        },
        nothing: () => undefined,
        moved: () => undefined,
      },
    });
    if (!this.isConnected) return ground.close();
    this.#ground = ground;
    ground.goTo(lon, lat, AREA_ZOOM);
    await Promise.all([this.#outlines(ground), this.#layer(ground)]);
  }

  async #outlines(ground: Ground): Promise<void> {
    await quietly(async () => {
      const siblings = await new PlaceTree().below(null);
      ground.showPlaces(siblings, { type: "FeatureCollection", features: [] }, null);
    });
  }

  async #layer(ground: Ground): Promise<void> {
    const name = this.getAttribute("src-layer");
    if (!name) return;
    await quietly(async () => {
      const layers = await getJson<LayerDeclaration[]>("/api/v1/map/layers");
      const layer = layers.find((each) => each.name === name);
      if (!layer) return;
      const path = `/api/v1/map/layers/${encodeURIComponent(name)}/features`;
      const bbox = bboxText(widened(ground.view(), 1));
      ground.showLayer(layer, await getJson<Features>(withQuery(path, { bbox })));
    });
  }
}

/** The record's own mark matters; without its surroundings the page is still right. */
async function quietly(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
  }
}

customElements.define("city-map", CityMap);
