/** Class scales and arcs: where a value stands among classes of unequal width. */

export interface ScaleClass {
  /** Upper bound, included. */
  readonly to: number;
  readonly level: number;
}

/** Upper bounds of the six AQI classes of HJ 633. */
export const HJ633_CLASSES: readonly ScaleClass[] = [50, 100, 150, 200, 300, 500].map((to, index) => ({
  to,
  level: index + 1,
}));

/** Share of the arc when every class takes the same angle: low classes stay readable. */
export function shareOfScale(classes: readonly ScaleClass[], value: number): number {
  let from = 0;
  for (const [index, { to }] of classes.entries()) {
    if (value <= to) {
      const within = to > from ? Math.max(0, value - from) / (to - from) : 0;
      return (index + within) / classes.length;
    }
    from = to;
  }
  return 1;
}

/** SVG path of a 240° dial from share *from* to share *to*, open at the bottom. */
export function arc(radius: number, from: number, to: number): string {
  const point = (share: number): string => {
    const angle = ((-120 + share * 240 - 90) * Math.PI) / 180;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  const large = (to - from) * 240 > 180 ? 1 : 0;
  return `M${point(from)}A${radius} ${radius} 0 ${large} 1 ${point(to)}`;
}
