/**
 * Soft rings around red and orange warnings. They are page elements moved by the compositor, so a
 * wall that shows nothing new draws no new map frames; CSS stills them for reduced motion.
 */
import { Marker, type Map as WebMap } from "maplibre-gl";
import type { Features } from "../contract.ts";

const MOST = 40;

export class Pulses {
  readonly #markers = new Map<string, Marker[]>();

  constructor(readonly map: WebMap) {}

  show(layer: string, features: Features): void {
    this.hide(layer);
    const urgent = features.features.filter(
      ({ geometry, properties }) =>
        geometry.type === "Point" && (properties.severity === "red" || properties.severity === "orange"),
    );
    urgent.sort((one, other) => Number(other.properties.severity === "red") - Number(one.properties.severity === "red"));
    const markers = urgent.slice(0, MOST).flatMap(({ geometry, properties }) => {
      if (geometry.type !== "Point") return [];
      const ring = document.createElement("div");
      ring.className = "pulse";
      ring.dataset["severity"] = properties.severity ?? "";
      const [lon = 0, lat = 0] = geometry.coordinates;
      return [new Marker({ element: ring }).setLngLat([lon, lat]).addTo(this.map)];
    });
    this.#markers.set(layer, markers);
  }

  hide(layer: string): void {
    for (const marker of this.#markers.get(layer) ?? []) marker.remove();
    this.#markers.delete(layer);
  }

  clear(): void {
    for (const layer of [...this.#markers.keys()]) this.hide(layer);
  }
}
