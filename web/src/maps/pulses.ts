/**
 * Soft rings around red and orange warnings. They are page elements moved by the compositor, so a
 * wall that shows nothing new draws no new map frames; CSS stills them for reduced motion.
 */
import { Marker, type Map as WebMap } from "maplibre-gl";
import type { Features, Severity } from "../contract.ts";

const MOST = 40;

interface Call {
  readonly key: string;
  readonly severity: Severity;
  readonly at: readonly [lon: number, lat: number];
}

/** The most urgent first, no more than a person can take in. */
export function calls(features: Features): Call[] {
  const urgent = features.features.flatMap(({ geometry, properties }): Call[] => {
    const { id, severity } = properties;
    if (geometry.type !== "Point" || (severity !== "red" && severity !== "orange")) return [];
    const [lon = 0, lat = 0] = geometry.coordinates;
    return [{ key: `${id} ${severity} ${lon} ${lat}`, severity, at: [lon, lat] }];
  });
  urgent.sort((one, other) => Number(other.severity === "red") - Number(one.severity === "red"));
  return urgent.slice(0, MOST);
}

export class Pulses {
  readonly #markers = new Map<string, Map<string, Marker>>();

  constructor(readonly map: WebMap) {}

  /** A ring that stays is left alone, so that a refresh does not make it call again. */
  show(layer: string, features: Features): void {
    const before = this.#markers.get(layer) ?? new Map<string, Marker>();
    const after = new Map(calls(features).map((call) => [call.key, before.get(call.key) ?? this.#ring(call)]));
    for (const [key, marker] of before) if (!after.has(key)) marker.remove();
    this.#markers.set(layer, after);
  }

  hide(layer: string): void {
    for (const marker of this.#markers.get(layer)?.values() ?? []) marker.remove();
    this.#markers.delete(layer);
  }

  clear(): void {
    for (const layer of [...this.#markers.keys()]) this.hide(layer);
  }

  #ring({ severity, at: [lon, lat] }: Call): Marker {
    const element = document.createElement("div");
    element.className = "pulse";
    element.dataset["severity"] = severity;
    return new Marker({ element }).setLngLat([lon, lat]).addTo(this.map);
  }
}
