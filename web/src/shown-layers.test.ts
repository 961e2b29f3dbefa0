import { describe, expect, it } from "vitest";
import type { LayerDeclaration } from "./contract.ts";
import { shownAtFirst } from "./shown-layers.ts";

const layer = (name: string, shown?: boolean): LayerDeclaration => ({
  name,
  title: name,
  group: "",
  kind: "point",
  color_by: "state",
  refresh_seconds: 60,
  listens: [],
  ...(shown === undefined ? {} : { shown }),
});

describe("shown layers", () => {
  it("are those a person left on", () => {
    expect([...shownAtFirst("city", [layer("a"), layer("b")], ["b"])]).toEqual(["b"]);
  });

  it("else those the declarations ask for", () => {
    expect([...shownAtFirst("city", [layer("a", false), layer("b", true)], null)]).toEqual(["b"]);
  });

  it("else the first three", () => {
    expect([...shownAtFirst("city", ["a", "b", "c", "d"].map((name) => layer(name)), null)]).toEqual(["a", "b", "c"]);
  });
});
