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
