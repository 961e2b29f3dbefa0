/** What the server answers under /api/v1. Instants are ISO 8601 with an offset. */
import type { FeatureCollection, Geometry } from "geojson";

export type Severity = "red" | "orange" | "yellow" | "blue";
export type Quality = "good" | "stale" | "unavailable";
export type Sample = readonly [at: string, value: number | null];

export interface Series {
  readonly title: string;
  readonly points: readonly Sample[];
}

export interface PanelDeclaration {
  readonly name: string;
  readonly title: string;
  readonly slot: "left" | "right" | "head";
  readonly kind: string;
  readonly refresh_seconds: number;
  readonly listens: readonly string[];
  readonly href?: string | null;
}

export interface LayerDeclaration {
  readonly name: string;
  readonly title: string;
  readonly group: string;
  readonly kind: "point" | "area" | "heat";
  /** `severity`, `state`, `level` (air quality class 1-6) or `value`. */
  readonly color_by: string;
  readonly refresh_seconds: number;
  readonly listens: readonly string[];
  /** Shown before anyone touches the chips; the first three when nothing says so. */
  readonly shown?: boolean;
}

export interface ScreenDeclaration {
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  readonly simulated: boolean;
  /** IANA name of the city's zone. */
  readonly zone: string;
  readonly centre: readonly [lon: number, lat: number];
  readonly panels: readonly PanelDeclaration[];
  readonly layers: readonly LayerDeclaration[];
}

export interface PanelReading<Body = unknown> {
  /** Of the newest value in it; null when the panel holds none. */
  readonly at: string | null;
  readonly quality: Quality;
  readonly note?: string | null;
  readonly body: Body;
}

export interface Bucket extends Readonly<Record<Severity, number>> {
  readonly at: string;
}

export interface Timeline {
  readonly from: string;
  readonly to: string;
  readonly step_minutes: number;
  readonly buckets: readonly Bucket[];
}

export interface PlaceProperties {
  readonly code: string;
  readonly name: string;
  readonly level: string;
  readonly href?: string | null;
  readonly centre?: readonly [lon: number, lat: number];
}

export interface FeatureProperties {
  readonly id: string | number;
  readonly code?: string | null;
  readonly name: string;
  readonly state?: string | null;
  /** The state in words; a bare code is not shown to people. */
  readonly state_title?: string | null;
  readonly severity?: Severity | null;
  readonly level?: number | null;
  readonly value?: number | null;
  readonly unit?: string | null;
  readonly at?: string | null;
  readonly href?: string | null;
}

export type Places = FeatureCollection<Geometry, PlaceProperties>;
export type Features = FeatureCollection<Geometry, FeatureProperties> & { readonly truncated?: boolean };

export interface Found {
  readonly title: string;
  readonly kind: string;
  readonly lon: number;
  readonly lat: number;
  readonly href?: string | null;
  /** Code of the place, when it is one. */
  readonly place?: string;
}

export const SEVERITIES: readonly Severity[] = ["red", "orange", "yellow", "blue"];
