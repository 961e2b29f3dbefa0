/** Which layers a person left switched on, per screen and browser. */
import type { LayerDeclaration } from "./contract.ts";

const key = (screen: string): string => `chengshu:layers:${screen}`;
const AT_FIRST = 3;

function kept(screen: string): string[] | null {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(key(screen)) ?? "null");
    return Array.isArray(names) ? names.map(String) : null;
  } catch {
    return null;
  }
}

/** What was left on, else what the declarations say, else the first few. */
export function shownAtFirst(
  screen: string,
  layers: readonly LayerDeclaration[],
  remembered = kept(screen),
): ReadonlySet<string> {
  if (remembered) return new Set(remembered);
  const declared = layers.some((layer) => layer.shown !== undefined);
  const chosen = declared ? layers.filter((layer) => layer.shown) : layers.slice(0, AT_FIRST);
  return new Set(chosen.map((layer) => layer.name));
}

/** A browser that keeps nothing is no reason to fail. */
export function remember(screen: string, shown: ReadonlySet<string>): void {
  try {
    localStorage.setItem(key(screen), JSON.stringify([...shown]));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
