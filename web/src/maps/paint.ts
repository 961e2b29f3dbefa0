/** Which colour a feature takes: its warning, its class, its state, or its value on a ramp. */
import { SEVERITIES, type FeatureProperties, type Features } from "../contract.ts";

export interface PaintInk {
  readonly severity: Readonly<Record<string, string>>;
  /** Air quality classes 1-6. */
  readonly levels: readonly string[];
  readonly calm: string;
  readonly accent: string;
  readonly quiet: string;
  readonly alert: string;
  /** From low to high. */
  readonly ramp: readonly string[];
}

/** Words for "works" and "does not" that every ledger shares; any other state is plain. */
const WELL = new Set(["online", "late", "normal", "active", "good", "running", "open"]);
const SILENT = new Set([
  "offline",
  "silent",
  "cut-off",
  "inactive",
  "retired",
  "closed",
  "planned",
]);
const BROKEN = new Set([
  "failed",
  "fault",
  "frozen",
  "partial",
  "out-of-range",
  "jumping",
  "clock-wrong",
  "low-battery",
  "alarm",
  "broken",
  "overdue",
]);

function stateColour(state: string | null | undefined, ink: PaintInk): string {
  if (!state || WELL.has(state)) return ink.accent;
  if (BROKEN.has(state)) return ink.alert;
  return SILENT.has(state) ? ink.quiet : ink.accent;
}

export function valueRange(features: Features): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { properties } of features.features) {
    const value = properties.value;
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

export function shareOfRange(value: number, [low, high]: readonly [number, number]): number {
  return high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0.5;
}

export function paintOf(
  properties: FeatureProperties,
  colorBy: string,
  range: readonly [number, number],
  ink: PaintInk,
): string {
  if (properties.severity) return ink.severity[properties.severity] ?? ink.calm;
  if (colorBy === "severity") return ink.calm;
  if (colorBy === "level") return ink.levels[(properties.level ?? 0) - 1] ?? ink.calm;
  if (colorBy === "value") {
    if (properties.value === null || properties.value === undefined) return ink.quiet;
    const step = shareOfRange(properties.value, range) * (ink.ramp.length - 1);
    return ink.ramp[Math.round(step)] ?? ink.accent;
  }
  return stateColour(properties.state, ink);
}

/** 0-1: how much a feature counts in a heat, and how high it lies in a pile. */
export function weightOf(properties: FeatureProperties, range: readonly [number, number]): number {
  const rank = properties.severity ? SEVERITIES.indexOf(properties.severity) : -1;
  if (rank >= 0) return 1 - rank * 0.2;
  if (properties.value === null || properties.value === undefined) return 0.3;
  return shareOfRange(properties.value, range);
}

/** The features with `paint` and `weight`; null severities leave so that styles can ask "has". */
export function painted(features: Features, colorBy: string, ink: PaintInk): Features {
  const range = valueRange(features);
  return {
    ...features,
    features: features.features.map((feature) => {
      const { severity, ...rest } = feature.properties;
      const properties = {
        ...rest,
        ...(severity ? { severity } : {}),
        paint: paintOf(feature.properties, colorBy, range, ink),
        weight: weightOf(feature.properties, range),
      };
      return { ...feature, properties };
    }),
  };
}
