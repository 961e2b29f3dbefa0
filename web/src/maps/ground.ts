/** What a map must do for us, and the choice between the two that can. */
import type { FeatureProperties, Features, LayerDeclaration, PlaceProperties, Places } from "../contract.ts";
import type { Bounds } from "./bounds.ts";

export interface Picked {
  readonly layer: string;
  readonly properties: FeatureProperties;
  readonly lon: number;
  readonly lat: number;
  /** Where on the map's element, in pixels. */
  readonly x: number;
  readonly y: number;
}

export interface GroundEvents {
  place(place: PlaceProperties): void;
  feature(picked: Picked): void;
  nothing(): void;
  moved(): void;
}

export interface Padding {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export interface GroundOptions {
  readonly container: HTMLElement;
  readonly centre: readonly [lon: number, lat: number];
  /** Degrees; 0 is a flat map. */
  readonly pitch: number;
  /** A raised plate with glow, or a plain sheet. */
  readonly raised: boolean;
  /** Whether a finger scrolls the page and two move the map. */
  readonly shared: boolean;
  readonly label: string;
  readonly events: GroundEvents;
}

export interface Ground {
  readonly isFlat: boolean;
  /** *inside* are the places within *focus*; without focus it is empty. */
  showPlaces(siblings: Places, inside: Places, focus: string | null): void;
  showLayer(layer: LayerDeclaration, features: Features): void;
  hideLayer(name: string): void;
  fit(bounds: Bounds, padding: Padding, instant: boolean): void;
  /** At least as near as *zoom* (Web Mercator level). */
  goTo(lon: number, lat: number, zoom: number): void;
  zoom(steps: 1 | -1): void;
  view(): Bounds;
  restyle(): void;
  close(): void;
}

/**
 * A device without WebGL 2, or one whose graphics fail to start, gets the flat drawing. There is no
 * trial context first: on a weak machine each one holds the page for a second.
 */
export async function openGround(options: GroundOptions): Promise<Ground> {
  if (typeof WebGL2RenderingContext !== "undefined") {
    const { openWebGround } = await import("./web-ground.ts");
    const ground = await openWebGround(options);
    if (ground) return ground;
  }
  const { FlatGround } = await import("./flat-ground.ts");
  return new FlatGround(options);
}
