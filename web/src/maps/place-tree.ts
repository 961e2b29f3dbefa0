/** Outlines by parent, each asked for once. */
import type { Places, PlaceProperties } from "../contract.ts";
import type { Stop } from "../scope.ts";
import { getJson, withQuery } from "../http.ts";

/** Below the whole area, from large to small. */
const LEVELS = ["district", "street", "community", "cell"] as const;
const EMPTY: Places = { type: "FeatureCollection", features: [] };

export interface Standing {
  /** The focus and the places beside it. */
  readonly siblings: Places;
  /** The places within the focus. */
  readonly inside: Places;
  readonly focus: string | null;
}

export type ReadPlaces = (address: string) => Promise<Places>;

export class PlaceTree {
  readonly #known = new Map<string, Promise<Places>>();

  constructor(readonly read: ReadPlaces = (address) => getJson<Places>(address)) {}

  /** The highest level that has outlines below *within*; empty at the bottom of the tree. */
  async below(within: Pick<Stop, "code" | "level"> | null): Promise<Places> {
    const start = within ? LEVELS.indexOf(within.level as (typeof LEVELS)[number]) + 1 : 0;
    for (const level of LEVELS.slice(start)) {
      const places = await this.#ask(level, within?.code ?? null);
      if (places.features.length) return places;
    }
    return EMPTY;
  }

  async standing(trail: readonly Stop[]): Promise<Standing> {
    const focus = trail.at(-1) ?? null;
    const [siblings, inside] = await Promise.all([
      this.below(trail.at(-2) ?? null),
      focus ? this.below(focus) : Promise.resolve(EMPTY),
    ]);
    return { siblings, inside, focus: focus?.code ?? null };
  }

  /** The stops for *codes*, from the top; ends early at a code that is not found. */
  async trailOf(codes: readonly string[]): Promise<Stop[]> {
    const trail: Stop[] = [];
    for (const code of codes) {
      const places = await this.below(trail.at(-1) ?? null);
      const found = places.features.find(({ properties }) => properties.code === code);
      if (!found) break;
      trail.push(stopOf(found.properties));
    }
    return trail;
  }

  #ask(level: string, within: string | null): Promise<Places> {
    const address = withQuery("/api/v1/map/places", { level, within });
    let asked = this.#known.get(address);
    if (!asked) {
      asked = this.read(address);
      asked.catch(() => this.#known.delete(address));
      this.#known.set(address, asked);
    }
    return asked;
  }
}

export const stopOf = ({ code, name, level }: PlaceProperties): Stop => ({ code, name, level });

/** A step into a place within the focus, or aside to a neighbour of it. */
export function step(trail: readonly Stop[], place: PlaceProperties, standing: Standing): readonly Stop[] {
  const isInside = standing.inside.features.some(({ properties }) => properties.code === place.code);
  const kept = isInside ? trail : trail.slice(0, -1);
  return [...kept, stopOf(place)];
}
