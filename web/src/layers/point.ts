/** `point`: one dot per record; warnings larger, with a soft ring. */
import type { LayerKind } from "./kind.ts";

export const point: LayerKind = {
  kind: "point",
  pickable: true,
  styles: (id, source, ink) => [
    {
      id: `${id}:ring`,
      type: "circle",
      source,
      filter: ["has", "severity"],
      paint: {
        "circle-color": ["get", "paint"],
        "circle-opacity": 0.2,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 6 * ink.scale, 14, 14 * ink.scale],
        "circle-pitch-alignment": "viewport",
      },
    },
    {
      id,
      type: "circle",
      source,
      layout: { "circle-sort-key": ["get", "weight"] },
      paint: {
        "circle-color": ["get", "paint"],
        "circle-opacity": ["case", ["has", "severity"], 1, 0.85],
        "circle-radius": [
          "interpolate", ["linear"], ["zoom"],
          7, ["case", ["has", "severity"], 3.5 * ink.scale, 1.3 * ink.scale],
          10, ["case", ["has", "severity"], 5 * ink.scale, 2 * ink.scale],
          14, ["case", ["has", "severity"], 8 * ink.scale, 5 * ink.scale],
        ],
        "circle-stroke-color": ink.ground,
        "circle-stroke-width": ["case", ["has", "severity"], ink.scale, 0],
        "circle-stroke-opacity": 0.6,
        "circle-pitch-alignment": "viewport",
      },
    },
  ],
};
