/** Words by key in the page's language (`<html lang>`). */
import { en } from "./text/en.ts";
import { zhHans } from "./text/zh-hans.ts";

export type TextKey = keyof typeof zhHans;
export type Catalogue = Readonly<Record<TextKey, string>>;
export type Language = "zh-hans" | "en";

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { "zh-hans": zhHans, en };

export function language(): Language {
  const tag = typeof document === "undefined" ? "" : document.documentElement.lang;
  return tag.toLowerCase().startsWith("en") ? "en" : "zh-hans";
}

export function text(
  key: TextKey,
  values: Readonly<Record<string, string | number>> = {},
  speaking: Language = language(),
): string {
  return CATALOGUES[speaking][key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

/** The BCP 47 tag for Intl. */
export function locale(speaking: Language = language()): string {
  return speaking === "en" ? "en-GB" : "zh-CN";
}
