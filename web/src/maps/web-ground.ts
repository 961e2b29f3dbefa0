/** The map on WebGL (MapLibre GL), with no request but for our own worker script. */
import {
  Map as WebMap,
  Marker,
  setWorkerUrl,
  type GeoJSONSource,
  type MapMouseEvent,
} from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { FeatureProperties, Features, LayerDeclaration, PlaceProperties, Places } from "../contract.ts";
import { LAYER_KINDS } from "../layer-kinds.ts";
import { reducedMotion } from "../palette.ts";
import { text } from "../text.ts";
import type { Bounds } from "./bounds.ts";
import type { Ground, GroundOptions, Padding } from "./ground.ts";
import { groundInk } from "./inks.ts";
import { painted } from "./paint.ts";
import { ABOVE_DATA, focusPaint, groundStyle, INSIDE, namePoints, PICKABLE_PLACES, SIBLINGS, turned } from "./plate.ts";
import { Pulses } from "./pulses.ts";

setWorkerUrl(workerUrl);

const REACH = 6;
const START_MS = 15_000;

/** Null when the device promised WebGL but could not start it. */
export async function openWebGround(options: GroundOptions): Promise<WebGround | null> {
  try {
    const ground = new WebGround(options);
    return (await ground.started()) ? ground : null;
  } catch (error) {
    console.warn(error);
    return null;
  }
}

class WebGround implements Ground {
  readonly isFlat = false;
  readonly #map: WebMap;
  readonly #options: GroundOptions;
  readonly #pulses: Pulses;
  readonly #shown = new Map<string, { layer: LayerDeclaration; features: Features }>();
  #places: { siblings: Places; inside: Places; focus: string | null } | null = null;
  #hover: { source: string; id: string } | null = null;
  #mark: Marker | null = null;
  #ink = groundInk();

  constructor(options: GroundOptions) {
    this.#options = options;
    this.#map = new WebMap({
      container: options.container,
      style: groundStyle(this.#ink, options.raised),
      center: [...options.centre],
      zoom: 9,
      minZoom: 4,
      maxZoom: 19,
      pitch: options.pitch,
      maxPitch: 65,
      attributionControl: false,
      cooperativeGestures: options.shared,
      fadeDuration: 0,
      renderWorldCopies: false,
      locale: {
        "Map.Title": options.label,
        "CooperativeGesturesHandler.WindowsHelpText": text("use-ctrl-to-zoom"),
        "CooperativeGesturesHandler.MacHelpText": text("use-cmd-to-zoom"),
        "CooperativeGesturesHandler.MobileHelpText": text("use-two-fingers"),
      },
    });
    this.#pulses = new Pulses(this.#map);
    this.#map.on("click", (event) => this.#clicked(event));
    this.#map.on("mousemove", (event) => this.#moved(event));
    this.#map.on("mouseout", () => this.#setHover(null));
    this.#map.on("moveend", () => options.events.moved());
  }

  started(): Promise<boolean> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.close();
        resolve(false);
      }, START_MS);
      this.#map.once("load", () => {
        clearTimeout(late);
        resolve(true);
      });
    });
  }

  showPlaces(siblings: Places, inside: Places, focus: string | null): void {
    this.#places = { siblings, inside, focus };
    this.#setHover(null);
    const hidden = inside.features.length ? focus : null;
    this.#data(SIBLINGS, turned(siblings));
    this.#data(INSIDE, turned(inside));
    this.#data(`${SIBLINGS}-names`, namePoints(siblings, hidden));
    this.#data(`${INSIDE}-names`, namePoints(inside, null));
    for (const [layer, property, value] of focusPaint(this.#ink, focus)) {
      this.#map.setPaintProperty(layer, property as never, value as never);
    }
    this.#map.setFilter("places-focus-edge", ["==", ["get", "code"], focus ?? ""]);
  }

  showLayer(layer: LayerDeclaration, features: Features): void {
    const kind = LAYER_KINDS.get(layer.kind);
    if (!kind) return;
    this.#shown.set(layer.name, { layer, features });
    const source = `layer:${layer.name}`;
    const paint = painted(features, layer.color_by, this.#ink);
    if (this.#map.getSource(source)) this.#data(source, paint);
    else {
      this.#map.addSource(source, { type: "geojson", data: paint });
      for (const style of kind.styles(layer.name, source, this.#ink)) this.#map.addLayer(style, layer.color_by === "severity" ? undefined : ABOVE_DATA);
    }
    if (layer.kind === "point") this.#pulses.show(layer.name, paint);
  }

  hideLayer(name: string): void {
    this.#shown.delete(name);
    this.#pulses.hide(name);
    const source = `layer:${name}`;
    for (const layer of this.#layersOf(source)) this.#map.removeLayer(layer);
    if (this.#map.getSource(source)) this.#map.removeSource(source);
  }

  fit(bounds: Bounds, padding: Padding, instant: boolean): void {
    const [west, south, east, north] = bounds;
    this.#map.resize();
    this.#map.fitBounds([west, south, east, north], {
      padding: this.#within(padding),
      pitch: this.#options.pitch,
      bearing: 0,
      maxZoom: 15,
      duration: instant || reducedMotion() ? 0 : 900,
    });
  }

  goTo(lon: number, lat: number, zoom: number): void {
    this.#mark?.remove();
    const pin = document.createElement("div");
    pin.className = "map-pin";
    this.#mark = new Marker({ element: pin, anchor: "bottom" }).setLngLat([lon, lat]).addTo(this.#map);
    const near = Math.max(this.#map.getZoom(), zoom);
    this.#map.easeTo({ center: [lon, lat], zoom: near, duration: reducedMotion() ? 0 : 600 });
  }

  zoom(steps: 1 | -1): void {
    this.#map.zoomTo(this.#map.getZoom() + steps, { duration: reducedMotion() ? 0 : 250 });
  }

  view(): Bounds {
    const bounds = this.#map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** Line widths and dots follow the text when the wall's scale changes. */
  restyle(): void {
    const { scale } = this.#ink;
    this.#ink = groundInk();
    if (this.#ink.scale === scale) return;
    const shown = [...this.#shown.values()];
    for (const { layer } of shown) this.hideLayer(layer.name);
    this.#map.setStyle(groundStyle(this.#ink, this.#options.raised), { diff: false });
    this.#map.once("styledata", () => {
      if (this.#places) this.showPlaces(this.#places.siblings, this.#places.inside, this.#places.focus);
      for (const { layer, features } of shown) this.showLayer(layer, features);
    });
  }

  close(): void {
    this.#pulses.clear();
    this.#map.remove();
  }

  /** On a map too small for its covers, the covers give way. */
  #within({ top, right, bottom, left }: Padding): Padding {
    const { clientWidth, clientHeight } = this.#options.container;
    const share = Math.min(1, (clientWidth * 0.7) / (left + right), (clientHeight * 0.7) / (top + bottom));
    return { top: top * share, right: right * share, bottom: bottom * share, left: left * share };
  }

  #data(source: string, data: GeoJSON.GeoJSON): void {
    void this.#map.getSource<GeoJSONSource>(source)?.setData(data);
  }

  #layersOf(source: string): string[] {
    const layers = this.#map.getStyle().layers;
    return layers.filter((layer) => "source" in layer && layer.source === source).map((layer) => layer.id);
  }

  #pickable(): string[] {
    return [...this.#shown.keys()].filter(
      (name) => LAYER_KINDS.get(this.#shown.get(name)?.layer.kind ?? "")?.pickable && this.#map.getLayer(name),
    );
  }

  #clicked(event: MapMouseEvent): void {
    const { x, y } = event.point;
    const reach = REACH * this.#ink.scale;
    const box: [[number, number], [number, number]] = [[x - reach, y - reach], [x + reach, y + reach]];
    const [hit] = this.#map.queryRenderedFeatures(box, { layers: this.#pickable() });
    if (hit) {
      const properties = hit.properties as FeatureProperties;
      const { lng, lat: clicked } = event.lngLat;
      const [lon = lng, lat = clicked] = hit.geometry.type === "Point" ? hit.geometry.coordinates : [];
      this.#options.events.feature({ layer: hit.layer.id, properties, lon, lat, x, y });
      return;
    }
    const code = this.#placeAt(event)?.id;
    const place = code === undefined ? undefined : this.#placeOf(code);
    if (place) this.#options.events.place(place);
    else this.#options.events.nothing();
  }

  /** From our own copy: properties that came through a tile have lost their lists. */
  #placeOf(code: string): PlaceProperties | undefined {
    const all = [...(this.#places?.inside.features ?? []), ...(this.#places?.siblings.features ?? [])];
    return all.find((feature) => feature.properties.code === code)?.properties;
  }

  #placeAt(event: MapMouseEvent): { source: string; id: string } | null {
    const [hit] = this.#map.queryRenderedFeatures(event.point, { layers: [...PICKABLE_PLACES] });
    return hit ? { source: hit.source, id: String(hit.properties["code"]) } : null;
  }

  #moved(event: MapMouseEvent): void {
    const { x, y } = event.point;
    const onFeature = this.#map.queryRenderedFeatures([x, y], { layers: this.#pickable() }).length > 0;
    const place = onFeature ? null : this.#placeAt(event);
    this.#map.getCanvas().style.cursor = onFeature || place ? "pointer" : "";
    this.#setHover(place);
  }

  #setHover(place: { source: string; id: string } | null): void {
    if (this.#hover?.id === place?.id && this.#hover?.source === place?.source) return;
    if (this.#hover) this.#map.setFeatureState(this.#hover, { hover: false });
    if (place) this.#map.setFeatureState(place, { hover: true });
    this.#hover = place;
  }
}
