/** Colours of the map, read from the tokens of the look in force. */
import { rem, token } from "../palette.ts";
import type { LayerInk } from "../layers/kind.ts";
import type { PaintInk } from "./paint.ts";

export interface GroundInk extends PaintInk, LayerInk {
  /** Neighbouring places take turns, so that their edges read without heavy lines. */
  readonly places: readonly string[];
  readonly side: string;
  readonly sideDeep: string;
  readonly hover: string;
  readonly outside: string;
  readonly outsideSide: string;
  readonly edge: string;
  readonly edgeStrong: string;
  readonly label: string;
  readonly halo: string;
  readonly font: string;
}

export function groundInk(): GroundInk {
  return {
    severity: { red: token("red"), orange: token("orange"), yellow: token("yellow"), blue: token("blue") },
    levels: [1, 2, 3, 4, 5, 6].map((level) => token(`aqi-${level}`)),
    calm: token("calm"),
    accent: token("map-point"),
    quiet: token("calm"),
    alert: token("orange"),
    ramp: [1, 2, 3, 4, 5].map((step) => token(`ramp-${step}`)),
    heat: [1, 2, 3, 4, 5].map((step) => token(`heat-${step}`)),
    ground: token("map-ground"),
    places: [token("map-place"), token("map-place-2"), token("map-place-3")],
    side: token("map-place-side"),
    sideDeep: token("map-place-deep"),
    hover: token("map-place-hover"),
    outside: token("map-outside"),
    outsideSide: token("map-outside-side"),
    edge: token("map-edge"),
    edgeStrong: token("map-edge-strong"),
    label: token("map-label"),
    halo: token("map-label-halo"),
    font: token("font"),
    scale: Math.max(1, rem(1) / 16),
  };
}
