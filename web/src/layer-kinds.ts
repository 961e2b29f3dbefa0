/** Every kind of layer the map knows; a new kind is one file and one line. */
import { area } from "./layers/area.ts";
import { heat } from "./layers/heat.ts";
import type { LayerKind } from "./layers/kind.ts";
import { point } from "./layers/point.ts";

export const LAYER_KINDS: ReadonlyMap<string, LayerKind> = new Map(
  [area, heat, point].map((kind) => [kind.kind, kind]),
);
