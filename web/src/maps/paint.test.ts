import { describe, expect, it } from "vitest";
import type { FeatureProperties, Features } from "../contract.ts";
import { painted, paintOf, type PaintInk } from "./paint.ts";

const INK: PaintInk = {
  severity: { red: "RED", orange: "ORANGE", yellow: "YELLOW", blue: "BLUE" },
  levels: ["ONE", "TWO"],
  calm: "CALM",
  accent: "ACCENT",
  quiet: "QUIET",
  alert: "ALERT",
  ramp: ["LOW", "MIDDLE", "HIGH"],
};

const properties = (given: Partial<FeatureProperties>): FeatureProperties => ({ id: 1, name: "x", ...given });

function collection(...all: FeatureProperties[]): Features {
  return {
    type: "FeatureCollection",
    features: all.map((each) => ({ type: "Feature", geometry: { type: "Point", coordinates: [0, 0] }, properties: each })),
  };
}

describe("paint", () => {
  it.each([
    ["a warning is painted by its severity whatever the layer says", { severity: "red" }, "state", "RED"],
    ["no warning on a warning layer is calm", {}, "severity", "CALM"],
    ["a class has its colour", { level: 2 }, "level", "TWO"],
    ["an unknown class is calm", { level: 9 }, "level", "CALM"],
    ["a working terminal", { state: "online" }, "state", "ACCENT"],
    ["a silent terminal", { state: "offline" }, "state", "QUIET"],
    ["a failed terminal", { state: "fault" }, "state", "ALERT"],
    ["a state nobody told us about", { state: "dancing" }, "state", "ACCENT"],
    ["a value in the middle of its range", { value: 5 }, "value", "MIDDLE"],
    ["a missing value", { value: null }, "value", "QUIET"],
  ] as const)("%s", (_what, given, colorBy, colour) => {
    expect(paintOf(properties(given), colorBy, [0, 10], INK)).toBe(colour);
  });

  it("spreads the ramp over the values that are there", () => {
    const { features } = painted(collection(properties({ value: 40 }), properties({ value: 90 })), "value", INK);

    expect(features.map((each) => (each.properties as unknown as { paint: string }).paint)).toEqual(["LOW", "HIGH"]);
  });

  it("an empty severity is no severity", () => {
    const { features } = painted(collection(properties({ severity: null })), "state", INK);

    expect(features[0]?.properties).not.toHaveProperty("severity");
  });
});
