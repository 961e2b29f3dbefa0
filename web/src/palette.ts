/** Design tokens as literal values, for canvases that cannot read CSS. */

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Pixels of *count* rem: canvas text then grows with the wall like the rest. */
export function rem(count: number): number {
  return count * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

export const reducedMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
