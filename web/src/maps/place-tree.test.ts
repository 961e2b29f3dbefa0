import { describe, expect, it } from "vitest";
import type { PlaceProperties, Places } from "../contract.ts";
import { RequestFailed } from "../http.ts";
import { PlaceTree, step } from "./place-tree.ts";

const places = (...all: PlaceProperties[]): Places => ({
  type: "FeatureCollection",
  features: all.map((properties) => ({ type: "Feature", geometry: { type: "Point", coordinates: [0, 0] }, properties })),
});

const EAST = { code: "01", name: "East", level: "district" };
const WEST = { code: "02", name: "West", level: "district" };
const LANE = { code: "01001", name: "Lane", level: "community" };

const KNOWN: Readonly<Record<string, Places>> = {
  "/api/v1/map/places?level=district": places(EAST, WEST),
  "/api/v1/map/places?level=community&within=01": places(LANE),
};

function tree(): { tree: PlaceTree; asked: string[] } {
  const asked: string[] = [];
  const read = (address: string): Promise<Places> => {
    asked.push(address);
    return Promise.resolve(KNOWN[address] ?? places());
  };
  return { tree: new PlaceTree(read), asked };
}

describe("place tree", () => {
  it("skips a level the city does not have", async () => {
    const below = await tree().tree.below(EAST);

    expect(below.features.map(({ properties }) => properties.name)).toEqual(["Lane"]);
  });

  it("asks for the same outlines once", async () => {
    const { tree: known, asked } = tree();

    await Promise.all([known.below(null), known.below(null)]);

    expect(asked).toEqual(["/api/v1/map/places?level=district"]);
  });

  it("asks again after a failure", async () => {
    let times = 0;
    const known = new PlaceTree(() => {
      times += 1;
      return times === 1 ? Promise.reject(new RequestFailed("unavailable")) : Promise.resolve(places(EAST));
    });

    await expect(known.below(null)).rejects.toBeInstanceOf(RequestFailed);

    expect((await known.below(null)).features).toHaveLength(1);
  });

  it("finds the names of codes from an address and stops at an unknown one", async () => {
    const trail = await tree().tree.trailOf(["01", "01001", "nowhere"]);

    expect(trail).toEqual([EAST, LANE]);
  });

  it("goes in from the focus and aside to a neighbour", async () => {
    const standing = await tree().tree.standing([EAST]);

    expect(step([EAST], LANE, standing)).toEqual([EAST, LANE]);
    expect(step([EAST], WEST, standing)).toEqual([WEST]);
  });
});
