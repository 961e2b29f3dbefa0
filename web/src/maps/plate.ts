/**
 * The ground as styles: our own outlines as one raised plate.
 *
 * The rim is the same outline drawn a few pixels lower on the screen, several times. Unlike
 * `fill-extrusion`, the top then stays at height zero, where dots, heat and edges are drawn, so a
 * dot near a border never appears in the neighbouring district.
 */
import type { DataDrivenPropertyValueSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Places } from "../contract.ts";
import type { GroundInk } from "./inks.ts";

export const SIBLINGS = "places";
export const INSIDE = "places-inside";
export const LABELS = "place-labels";
/** Data layers go beneath this one. */
export const ABOVE_DATA = "places-inside-labels";
export const PICKABLE_PLACES: readonly string[] = ["places-inside-top", "places-top"];

const RIM_STEPS = 7;
const RIM_PIXELS = 14;

type Colour = DataDrivenPropertyValueSpecification<string>;

const hovered = (then: string, otherwise: unknown): Colour =>
  ["case", ["boolean", ["feature-state", "hover"], false], then, otherwise] as Colour;

function topColour(ink: GroundInk, focus: string | null): Colour {
  const turn = ["match", ["get", "turn"], 1, ink.places[1], 2, ink.places[2], ink.places[0]];
  const shown = focus === null ? turn : ["case", ["==", ["get", "code"], focus], ink.places[0], ink.outside];
  return hovered(ink.hover, shown);
}

function rim(ink: GroundInk): LayerSpecification[] {
  return Array.from({ length: RIM_STEPS }, (_, step) => {
    const down = ((RIM_STEPS - step) / RIM_STEPS) * RIM_PIXELS * ink.scale;
    return {
      id: `places-rim-${step}`,
      type: "fill",
      source: SIBLINGS,
      paint: {
        "fill-color": step < RIM_STEPS / 2 ? ink.sideDeep : ink.side,
        "fill-antialias": false,
        "fill-translate": [0, down],
        "fill-translate-anchor": "viewport",
      },
    };
  });
}

function labels(id: string, source: string, ink: GroundInk, size: number): LayerSpecification {
  return {
    id,
    type: "symbol",
    source: `${source}-names`,
    layout: {
      "text-field": ["get", "name"],
      "text-font": [ink.font],
      "text-size": size * ink.scale,
      "text-letter-spacing": 0.08,
      "text-padding": 6,
    },
    paint: {
      "text-color": ink.label,
      "text-halo-color": ink.halo,
      "text-halo-width": 1.4 * ink.scale,
      "text-opacity": 0.92,
    },
  };
}

const NOTHING = { type: "FeatureCollection" as const, features: [] };
const outlines = { type: "geojson" as const, data: NOTHING, promoteId: "code", tolerance: 0.2 };
const names = { type: "geojson" as const, data: NOTHING };

export function groundStyle(ink: GroundInk, raised: boolean): StyleSpecification {
  const edge = (id: string, source: string, color: string, width: number): LayerSpecification => ({
    id,
    type: "line",
    source,
    layout: { "line-join": "round" },
    paint: { "line-color": color, "line-width": width * ink.scale },
  });
  const fill = (id: string, source: string, color: Colour): LayerSpecification => ({
    id,
    type: "fill",
    source,
    paint: { "fill-color": color, "fill-antialias": false },
  });
  return {
    version: 8,
    sources: {
      [SIBLINGS]: outlines,
      [INSIDE]: outlines,
      [`${SIBLINGS}-names`]: names,
      [`${INSIDE}-names`]: names,
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ink.ground } },
      ...(raised ? rim(ink) : []),
      fill("places-top", SIBLINGS, topColour(ink, null)),
      edge("places-edge", SIBLINGS, ink.edge, 1),
      fill("places-inside-top", INSIDE, hovered(ink.hover, ["match", ["get", "turn"], 1, ink.places[1], 2, ink.places[2], ink.places[0]])),
      edge("places-inside-edge", INSIDE, ink.edge, 0.8),
      edge("places-focus-edge", SIBLINGS, ink.edgeStrong, 1.6),
      labels(ABOVE_DATA, INSIDE, ink, 12),
      labels(LABELS, SIBLINGS, ink, 13),
    ],
  };
}

/** What changes in the styles when the focus does: [layer, property, value]. */
export function focusPaint(ink: GroundInk, focus: string | null): [string, string, unknown][] {
  return [
    ["places-top", "fill-color", topColour(ink, focus)],
    ["places-edge", "line-color", ink.edge],
    ["places-edge", "line-opacity", focus === null ? 1 : 0.35],
    ["places-focus-edge", "line-opacity", focus === null ? 0 : 1],
    [LABELS, "text-opacity", focus === null ? 0.92 : ["case", ["==", ["get", "code"], focus], 1, 0.4]],
  ];
}

/** Outlines with a `turn` (0-2) for their shade. */
export function turned(places: Places): Places {
  return {
    ...places,
    features: places.features.map((feature, index) => ({
      ...feature,
      properties: { ...feature.properties, turn: index % 3 },
    })),
  };
}

/** One label point per place at its given centre; places without one stay unnamed. */
export function namePoints(places: Places, hide: string | null): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: places.features.flatMap(({ properties }) =>
      properties.centre && properties.code !== hide
        ? [
            {
              type: "Feature" as const,
              geometry: { type: "Point" as const, coordinates: [...properties.centre] },
              properties: { name: properties.name, code: properties.code },
            },
          ]
        : [],
    ),
  };
}
