/** The features of every shown layer, for the part of the map in view. */
import type { Features, LayerDeclaration } from "../contract.ts";
import type { Scope } from "../scope.ts";
import { getJson, withQuery } from "../http.ts";
import { LiveSource, type Reading } from "../live-source.ts";
import type { Stream } from "../stream.ts";
import { bboxText, contains, onGlobe, widened, type Bounds } from "./bounds.ts";

const MARGIN = 0.25;
const MUCH_SMALLER = 1 / 3;

export interface LayerFeedsOptions {
  readonly scope: Scope;
  readonly stream: Stream | null;
  view(): Bounds;
  changed(layer: LayerDeclaration, reading: Reading<Features>): void;
}

export class LayerFeeds {
  readonly #sources = new Map<string, LiveSource<Features>>();
  #asked: Bounds | null = null;

  constructor(readonly options: LayerFeedsOptions) {}

  /** Start the newly shown, stop the hidden; returns the hidden. */
  show(layers: readonly LayerDeclaration[]): string[] {
    const wanted = new Set(layers.map((layer) => layer.name));
    const hidden = [...this.#sources.keys()].filter((name) => !wanted.has(name));
    for (const name of hidden) {
      this.#sources.get(name)?.stop();
      this.#sources.delete(name);
    }
    for (const layer of layers) if (!this.#sources.has(layer.name)) this.#start(layer);
    return hidden;
  }

  reload(): void {
    this.#asked = null;
    for (const source of this.#sources.values()) void source.reload();
  }

  /** Reads again only when the view left what was asked, or went deep enough to see more. */
  moved(): void {
    const view = onGlobe(this.options.view());
    const asked = this.#asked;
    const deeper = asked !== null && view[2] - view[0] < (asked[2] - asked[0]) * MUCH_SMALLER;
    if (asked === null || deeper || !contains(asked, view)) this.reload();
  }

  stop(): void {
    this.show([]);
  }

  #start(layer: LayerDeclaration): void {
    const { scope, stream, changed } = this.options;
    const source: LiveSource<Features> = new LiveSource({
      read: (signal) => getJson<Features>(this.#address(layer), signal),
      changed: () => changed(layer, source.reading),
      isLive: () => scope.isLive,
      rhythm: layer,
      stream,
    });
    this.#sources.set(layer.name, source);
    source.start();
  }

  #address(layer: LayerDeclaration): string {
    this.#asked ??= widened(this.options.view(), MARGIN);
    const { at, place } = this.options.scope.query;
    const path = `/api/v1/map/layers/${encodeURIComponent(layer.name)}/features`;
    return withQuery(path, { bbox: bboxText(this.#asked), at, place });
  }
}
