/** The map without WebGL: our own outlines as one drawing. Same places, same dots, no heat. */
import type { Feature, Geometry, Position } from "geojson";
import type { FeatureProperties, Features, LayerDeclaration, PlaceProperties, Places } from "../contract.ts";
import { LAYER_KINDS } from "../layer-kinds.ts";
import { boundsOf, type Bounds } from "./bounds.ts";
import type { Ground, GroundOptions, Padding } from "./ground.ts";
import { groundInk } from "./inks.ts";
import { painted } from "./paint.ts";

const SVG = "http://www.w3.org/2000/svg";
const NOWHERE: Padding = { top: 0, right: 0, bottom: 0, left: 0 };
const EMPTY: Places = { type: "FeatureCollection", features: [] };

type Project = (position: Position) => [x: number, y: number];

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function rings(geometry: Geometry): Position[][] {
  if (geometry.type === "Polygon") return geometry.coordinates;
  return geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : [];
}

function path(geometry: Geometry, project: Project): string {
  const ring = (points: Position[]): string =>
    `M${points.map((point) => project(point).map((each) => each.toFixed(1)).join(" ")).join("L")}Z`;
  return rings(geometry).map(ring).join("");
}

/** Equirectangular about the middle of *bounds*: true enough at the size of a city. */
export function projection(bounds: Bounds, width: number, height: number, padding: Padding): Project {
  const [west, south, east, north] = bounds;
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const open = { x: Math.max(width - padding.left - padding.right, 1), y: Math.max(height - padding.top - padding.bottom, 1) };
  const scale = Math.min(open.x / Math.max((east - west) * squeeze, 1e-9), open.y / Math.max(north - south, 1e-9));
  const middle = [padding.left + open.x / 2, padding.top + open.y / 2] as const;
  return ([lon = 0, lat = 0]) => [
    middle[0] + (lon - (west + east) / 2) * squeeze * scale,
    middle[1] - (lat - (south + north) / 2) * scale,
  ];
}

export class FlatGround implements Ground {
  readonly isFlat = true;
  readonly #svg = document.createElementNS(SVG, "svg");
  readonly #shown = new Map<string, { layer: LayerDeclaration; features: Features }>();
  readonly #resized: ResizeObserver;
  #ink = groundInk();
  #siblings = EMPTY;
  #inside = EMPTY;
  #focus: string | null = null;
  #bounds: Bounds | null = null;
  #padding = NOWHERE;
  #mark: Position | null = null;

  constructor(readonly options: GroundOptions) {
    this.#svg.setAttribute("class", "flat-map");
    this.#svg.setAttribute("role", "img");
    this.#svg.setAttribute("aria-label", options.label);
    options.container.append(this.#svg);
    this.#svg.addEventListener("click", () => options.events.nothing());
    this.#resized = new ResizeObserver(() => this.#draw());
    this.#resized.observe(options.container);
  }

  showPlaces(siblings: Places, inside: Places, focus: string | null): void {
    [this.#siblings, this.#inside, this.#focus] = [siblings, inside, focus];
    this.#draw();
  }

  showLayer(layer: LayerDeclaration, features: Features): void {
    this.#shown.set(layer.name, { layer, features: painted(features, layer.color_by, this.#ink) });
    this.#draw();
  }

  hideLayer(name: string): void {
    this.#shown.delete(name);
    this.#draw();
  }

  fit(bounds: Bounds, padding: Padding): void {
    [this.#bounds, this.#padding] = [bounds, padding];
    this.#draw();
    this.options.events.moved();
  }

  goTo(lon: number, lat: number, zoom: number): void {
    const near = 180 / 2 ** zoom;
    this.#mark = [lon, lat];
    this.fit([lon - near, lat - near, lon + near, lat + near], NOWHERE);
  }

  zoom(steps: 1 | -1): void {
    if (!this.#bounds) return;
    const [west, south, east, north] = this.#bounds;
    const share = steps > 0 ? -0.25 : 0.5;
    const [x, y] = [(east - west) * share, (north - south) * share];
    this.fit([west - x, south - y, east + x, north + y], this.#padding);
  }

  view(): Bounds {
    const [lon, lat] = this.options.centre;
    return this.#bounds ?? [lon - 1, lat - 1, lon + 1, lat + 1];
  }

  restyle(): void {
    this.#ink = groundInk();
    this.#draw();
  }

  close(): void {
    this.#resized.disconnect();
    this.#svg.remove();
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.options.container;
    const bounds = this.#bounds ?? boundsOf(this.#siblings.features.map((feature) => feature.geometry));
    if (!width || !height || !bounds) return;
    const project = projection(bounds, width, height, this.#padding);
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.replaceChildren(
      ...this.#outlines(this.#siblings, project, false),
      ...this.#outlines(this.#inside, project, true),
      ...[...this.#shown.values()].flatMap(({ layer, features }) => this.#features(layer, features, project)),
      ...this.#names(this.#focus && this.#inside.features.length ? this.#inside : this.#siblings, project),
      ...(this.#mark ? [this.#pin(project(this.#mark))] : []),
    );
  }

  #outlines(places: Places, project: Project, inside: boolean): SVGElement[] {
    const rim = this.options.raised && !inside;
    const lower = rim
      ? places.features.map(({ geometry }) =>
          shape("path", { d: path(geometry, project), fill: this.#ink.side, transform: `translate(0 ${10 * this.#ink.scale})` }),
        )
      : [];
    const upper = places.features.map(({ geometry, properties }, index) => {
      const dimmed = !inside && this.#focus !== null && properties.code !== this.#focus;
      const fill = dimmed ? this.#ink.outside : (this.#ink.places[index % 3] ?? this.#ink.outside);
      const outline = shape("path", { d: path(geometry, project), fill, stroke: this.#ink.edge, class: "flat-place" });
      outline.addEventListener("click", (event) => this.#picked(event, properties));
      return outline;
    });
    return [...lower, ...upper];
  }

  #picked(event: Event, place: PlaceProperties): void {
    event.stopPropagation();
    this.options.events.place(place);
  }

  #features(layer: LayerDeclaration, features: Features, project: Project): SVGElement[] {
    if (!LAYER_KINDS.get(layer.kind)?.pickable) return [];
    return features.features.flatMap((feature) => {
      const drawn = this.#feature(feature, project);
      drawn?.addEventListener("click", (event) => this.#pickedFeature(event, layer.name, feature));
      return drawn ? [drawn] : [];
    });
  }

  #feature({ geometry, properties }: Feature<Geometry, FeatureProperties>, project: Project): SVGElement | null {
    const fill = (properties as unknown as { paint: string }).paint;
    if (geometry.type === "Point") {
      const [x, y] = project(geometry.coordinates);
      const radius = (properties.severity ? 5 : 2) * this.#ink.scale;
      return shape("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: radius, fill, class: "flat-point" });
    }
    const d = path(geometry, project);
    return d ? shape("path", { d, fill, "fill-opacity": 0.3, stroke: fill, class: "flat-point" }) : null;
  }

  #pickedFeature(event: Event, layer: string, { geometry, properties }: Feature<Geometry, FeatureProperties>): void {
    event.stopPropagation();
    const box = this.options.container.getBoundingClientRect();
    const { clientX, clientY } = event as MouseEvent;
    const [lon = 0, lat = 0] = geometry.type === "Point" ? geometry.coordinates : this.options.centre;
    this.options.events.feature({ layer, properties, lon, lat, x: clientX - box.left, y: clientY - box.top });
  }

  #names(places: Places, project: Project): SVGElement[] {
    return places.features.flatMap(({ properties }) => {
      if (!properties.centre) return [];
      const [x, y] = project([...properties.centre]);
      const label = shape("text", { x: x.toFixed(1), y: y.toFixed(1), "text-anchor": "middle", class: "flat-name" });
      label.textContent = properties.name;
      return [label];
    });
  }

  #pin([x, y]: [number, number]): SVGElement {
    return shape("path", { d: "M0 0L-7 -14A8 8 0 1 1 7 -14Z", transform: `translate(${x} ${y})`, class: "flat-pin" });
  }
}
