/** How numbers look: grouped, as many decimals as they deserve, a true minus. */
import { locale, text } from "./text.ts";

const formats = new Map<string, Intl.NumberFormat>();

function format(decimals: number): Intl.NumberFormat {
  const key = `${locale()} ${decimals}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.NumberFormat(locale(), { maximumFractionDigits: decimals });
    formats.set(key, made);
  }
  return made;
}

function decimalsFor(size: number): number {
  if (size >= 1000) return 0;
  return size >= 10 ? 1 : size >= 1 ? 2 : 3;
}

/** `null`, absent and NaN are a dash: no value is not zero. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return text("dash");
  return format(decimalsFor(Math.abs(value))).format(value).replace("-", "\u2212");
}

/** A difference, always with its sign. */
export function signed(value: number): string {
  const shown = number(value);
  return value > 0 ? `+${shown}` : shown;
}

/** A no-break space before the unit, as GB 3101 and SI ask. */
export function withUnit(value: number | null | undefined, unit: string | null | undefined): string {
  return unit ? `${number(value)}\u00a0${unit}` : number(value);
}

/** The smallest of 1, 2, 2.5, 5 × 10ⁿ that is not below *value*: the top of an axis or bar. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}
