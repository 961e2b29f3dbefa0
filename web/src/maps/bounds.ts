/** Extents of geometries, in degrees. */
import type { Geometry, Position } from "geojson";

export type Bounds = readonly [west: number, south: number, east: number, north: number];

function* positions(geometry: Geometry): Generator<Position> {
  if (geometry.type === "GeometryCollection") {
    for (const part of geometry.geometries) yield* positions(part);
    return;
  }
  const stack: unknown[] = [geometry.coordinates];
  while (stack.length) {
    const item = stack.pop();
    if (!Array.isArray(item)) continue;
    if (typeof item[0] === "number") yield item as Position;
    else stack.push(...item);
  }
}

/** Null when there is no position at all. */
export function boundsOf(geometries: Iterable<Geometry | null>): Bounds | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const geometry of geometries) {
    if (!geometry) continue;
    for (const [lon = 0, lat = 0] of positions(geometry)) {
      west = Math.min(west, lon);
      south = Math.min(south, lat);
      east = Math.max(east, lon);
      north = Math.max(north, lat);
    }
  }
  return west <= east ? [west, south, east, north] : null;
}

/** A tilted map sees past the poles and the date line; questions may not. */
export function onGlobe([west, south, east, north]: Bounds): Bounds {
  return [Math.max(west, -180), Math.max(south, -90), Math.min(east, 180), Math.min(north, 90)];
}

/** A little more than asked, so that small moves of the map need no new request. */
export function widened([west, south, east, north]: Bounds, share: number): Bounds {
  const [x, y] = [(east - west) * share, (north - south) * share];
  return onGlobe([west - x, south - y, east + x, north + y]);
}

export const contains = (outer: Bounds, inner: Bounds): boolean =>
  outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];

export const bboxText = (bounds: Bounds): string => bounds.map((edge) => edge.toFixed(5)).join(",");
