import { describe, expect, it } from "vitest";
import { areaPath, linePath, sparkPoints } from "./spark.ts";

describe("spark", () => {
  it("runs from corner to corner, highest on top", () => {
    const points = sparkPoints([["2026-11-21T00:00:00Z", 1], ["2026-11-21T01:00:00Z", 3]], 96, 36);

    expect(linePath(points)).toBe("M0.0 33.0L96.0 3.0");
    expect(areaPath(points, 36)).toBe("M0.0 33.0L96.0 3.0L96.0 36L0.0 36Z");
  });

  it("an unchanging value is a level line in the middle", () => {
    const points = sparkPoints([["2026-11-21T00:00:00Z", 5], ["2026-11-21T01:00:00Z", 5]], 96, 36);

    expect(points.map(([, y]) => y)).toEqual([18, 18]);
  });

  it("gaps are left out and fewer than two values draw nothing", () => {
    expect(sparkPoints([["2026-11-21T00:00:00Z", 5], ["2026-11-21T01:00:00Z", null]], 96, 36)).toEqual([]);
  });
});
