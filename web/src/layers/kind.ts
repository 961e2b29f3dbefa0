import type { LayerSpecification } from "maplibre-gl";

export interface LayerInk {
  readonly ground: string;
  /** Five colours from nothing to most. */
  readonly heat: readonly string[];
  /** Pixels of one design pixel: 1 on a 1080-line wall, 2 on a 2160-line one. */
  readonly scale: number;
}

/**
 * How one kind of layer is drawn. Every feature brings its own `paint` colour and `weight` (0-1),
 * so a kind says only shape and size. One file per kind; kinds never import one another.
 */
export interface LayerKind {
  readonly kind: string;
  /** Whether a click can name one feature. */
  readonly pickable: boolean;
  styles(id: string, source: string, ink: LayerInk): LayerSpecification[];
}
