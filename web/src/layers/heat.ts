/** `heat`: where things gather; nothing to click. */
import type { LayerKind } from "./kind.ts";

export const heat: LayerKind = {
  kind: "heat",
  pickable: false,
  styles: (id, source, ink) => [
    {
      id,
      type: "heatmap",
      source,
      paint: {
        "heatmap-weight": ["interpolate", ["linear"], ["get", "weight"], 0, 0.25, 1, 1],
        "heatmap-intensity": ["interpolate", ["linear"], ["zoom"], 7, 0.5, 10, 0.6, 14, 1.6],
        "heatmap-radius": ["interpolate", ["linear"], ["zoom"], 7, 12 * ink.scale, 10, 34 * ink.scale, 14, 60 * ink.scale],
        "heatmap-opacity": 0.7,
        "heatmap-color": [
          "interpolate", ["linear"], ["heatmap-density"],
          ...ink.heat.flatMap((colour, step) => [[0, 0.15, 0.4, 0.7, 1][step] ?? 1, colour]),
        ],
      },
    },
  ],
};
