/** `area`: a wash over each outline, with its own edge. */
import type { LayerKind } from "./kind.ts";

export const area: LayerKind = {
  kind: "area",
  pickable: true,
  styles: (id, source, ink) => [
    {
      id,
      type: "fill",
      source,
      paint: { "fill-color": ["get", "paint"], "fill-opacity": 0.32 },
    },
    {
      id: `${id}:edge`,
      type: "line",
      source,
      paint: { "line-color": ["get", "paint"], "line-width": 1.2 * ink.scale, "line-opacity": 0.9 },
    },
  ],
};
