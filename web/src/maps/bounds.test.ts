import { describe, expect, it } from "vitest";
import { bboxText, boundsOf, contains, widened } from "./bounds.ts";

describe("bounds", () => {
  it("hold every vertex of every part", () => {
    const bounds = boundsOf([
      { type: "Point", coordinates: [118, 36] },
      { type: "MultiPolygon", coordinates: [[[[117, 35], [119, 35], [118, 37], [117, 35]]]] },
      null,
    ]);

    expect(bounds).toEqual([117, 35, 119, 37]);
  });

  it("of nothing are null", () => {
    expect(boundsOf([])).toBeNull();
  });

  it("never leave the globe when widened", () => {
    expect(widened([-170, -80, 170, 80], 0.5)).toEqual([-180, -90, 180, 90]);
  });

  it("know what they contain", () => {
    expect(contains([0, 0, 10, 10], [1, 1, 9, 9])).toBe(true);
    expect(contains([0, 0, 10, 10], [1, 1, 11, 9])).toBe(false);
  });

  it("are written west, south, east, north", () => {
    expect(bboxText([117, 35, 119.123456, 37])).toBe("117.00000,35.00000,119.12346,37.00000");
  });
});
