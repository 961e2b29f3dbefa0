/** The one clock of the browser: the server's time, told in the city's zone. */
import { locale, text } from "./text.ts";

let offset = 0;
let leastDelayed = Number.NEGATIVE_INFINITY;
/** Working pages name the city's zone on <html data-zone>; screens are told by their declaration. */
let zone = typeof document === "undefined" ? undefined : document.documentElement.dataset["zone"];

/**
 * The *Date* header has whole seconds and arrives late, so the largest drift seen is the truest
 * and one below two seconds is noise.
 */
export function synchronise(dateHeader: string | null, received = Date.now()): void {
  const drift = Date.parse(dateHeader ?? "") + 500 - received;
  if (Number.isNaN(drift)) return;
  leastDelayed = Math.max(leastDelayed, drift);
  offset = Math.abs(leastDelayed) < 2000 ? 0 : leastDelayed;
}

export function now(): number {
  return Date.now() + offset;
}

/** An unknown zone is refused by Intl; the browser's own zone then stays. */
export function useZone(name: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    zone = name;
    formats.clear();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${locale()}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale(), {
      ...options,
      hourCycle: "h23",
      ...(zone ? { timeZone: zone } : {}),
    });
    formats.set(key, made);
  }
  return made;
}

type Instant = number | string;
const instant = (at: Instant): number => (typeof at === "number" ? at : Date.parse(at));

export const timeOfDay = (at: Instant): string =>
  format("time", { hour: "2-digit", minute: "2-digit" }).format(instant(at));

export const timeWithSeconds = (at: Instant): string =>
  format("seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(instant(at));

const LONG_DATE = { year: "numeric", month: "long", day: "numeric", weekday: "long" } as const;

/** Chinese puts the weekday last and nothing before it; a space makes it readable. */
export const longDate = (at: Instant): string =>
  format("date", LONG_DATE)
    .formatToParts(instant(at))
    .map(({ type, value }, index, parts) =>
      type === "weekday" && index > 0 && !parts[index - 1]?.value.endsWith(" ") ? ` ${value}` : value,
    )
    .join("");

const shortDate = (at: Instant): string =>
  format("day", { month: "2-digit", day: "2-digit" }).format(instant(at));

/** The time alone for today, with the day before it otherwise. */
export function moment(at: Instant, today: Instant = now()): string {
  const day = shortDate(at);
  return day === shortDate(today) ? timeOfDay(at) : `${day} ${timeOfDay(at)}`;
}

export function ageSeconds(at: Instant, today = now()): number {
  return Math.max(0, Math.round((today - instant(at)) / 1000));
}

export function age(at: Instant, today = now()): string {
  const seconds = ageSeconds(at, today);
  if (seconds < 60) return text("ago-seconds", { n: seconds });
  if (seconds < 3600) return text("ago-minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 48 * 3600) return text("ago-hours", { n: Math.floor(seconds / 3600) });
  return text("ago-days", { n: Math.floor(seconds / 86400) });
}

/** Call *tick* at every full second of the city's clock; returns how to stop. */
export function everySecond(tick: (at: number) => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const beat = (): void => {
    const at = now();
    tick(at);
    timer = setTimeout(beat, 1000 - (at % 1000));
  };
  beat();
  return () => clearTimeout(timer);
}
