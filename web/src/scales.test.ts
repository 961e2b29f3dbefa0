import { describe, expect, it } from "vitest";
import { arc, HJ633_CLASSES, shareOfScale } from "./scales.ts";

describe("scales", () => {
  it.each([
    [0, 0],
    [50, 1 / 6],
    [75, 1.5 / 6],
    [86, (1 + 36 / 50) / 6],
    [250, 4.5 / 6],
    [500, 1],
    [900, 1],
  ])("AQI %d stands at %d of the dial", (value, share) => {
    expect(shareOfScale(HJ633_CLASSES, value)).toBeCloseTo(share, 10);
  });

  it("half of the dial is straight up", () => {
    expect(arc(44, 0.5, 1)).toMatch(/^M0\.00 -44\.00A44 44 0 0 1 38\.11 22\.00$/);
  });
});
