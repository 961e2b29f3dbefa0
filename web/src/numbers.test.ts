import { describe, expect, it } from "vitest";
import { number, signed, withUnit } from "./numbers.ts";

describe("numbers", () => {
  it.each([
    [4216, "4,216"],
    [98.66, "98.7"],
    [0.3412, "0.341"],
    [0, "0"],
    [-1.6, "\u22121.6"],
  ])("%d is shown with the decimals it deserves", (value, shown) => {
    expect(number(value)).toBe(shown);
  });

  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])("%s is a dash, never zero", (value) => {
    expect(number(value)).toBe("—");
  });

  it("a rise carries its plus and no change carries none", () => {
    expect([signed(0.2), signed(-0.01), signed(0)]).toEqual(["+0.2", "\u22120.01", "0"]);
  });

  it("a value stands apart from its unit and never breaks from it", () => {
    expect(withUnit(0.34, "MPa")).toBe("0.34\u00a0MPa");
    expect(withUnit(5, "")).toBe("5");
  });
});
