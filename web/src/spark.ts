/** Geometry of a sparkline. Gaps are skipped, time runs evenly by its own distance. */
import type { Sample } from "./contract.ts";

export type SparkPoint = readonly [x: number, y: number];

const INSET = 3;

export function sparkPoints(series: readonly Sample[], width: number, height: number): SparkPoint[] {
  const known = series.flatMap(([at, value]) => (value === null ? [] : [[Date.parse(at), value] as const]));
  if (known.length < 2) return [];
  const times = known.map(([at]) => at);
  const values = known.map(([, value]) => value);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const tall = height - 2 * INSET;
  return known.map(([at, value]) => [
    last > first ? ((at - first) / (last - first)) * width : 0,
    high > low ? INSET + (1 - (value - low) / (high - low)) * tall : height / 2,
  ]);
}

const place = ([x, y]: SparkPoint): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

export const linePath = (points: readonly SparkPoint[]): string => `M${points.map(place).join("L")}`;

export const areaPath = (points: readonly SparkPoint[], height: number): string =>
  `${linePath(points)}L${points.at(-1)?.[0].toFixed(1)} ${height}L${points[0]?.[0].toFixed(1)} ${height}Z`;
