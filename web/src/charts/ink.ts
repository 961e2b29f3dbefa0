/** What every chart takes from the tokens. */
import { rem, token } from "../palette.ts";

export interface ChartInk {
  readonly rem: number;
  /** One hairline in pixels, thicker on larger walls. */
  readonly hair: number;
  readonly font: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly grid: string;
  readonly band: string;
  readonly good: string;
  readonly box: string;
  readonly series: readonly string[];
}

export function chartInk(): ChartInk {
  const size = rem(1);
  return {
    rem: size,
    hair: Math.max(1, size / 16),
    font: token("font"),
    text: token("ink"),
    quiet: token("ink-quiet"),
    line: token("line"),
    lineStrong: token("line-strong"),
    grid: token("grid"),
    band: token("band"),
    good: token("good"),
    box: token("panel-solid"),
    series: [1, 2, 3, 4, 5, 6].map((index) => token(`series-${index}`)),
  };
}

export function axisText(ink: ChartInk): { textStyle: { color: string; fontSize: number; fontFamily: string }; color: string; fontSize: number } {
  const fontSize = Math.max(11, Math.round(ink.rem * 0.75));
  return { textStyle: { color: ink.quiet, fontSize, fontFamily: ink.font }, color: ink.quiet, fontSize };
}

/** Drawn in the canvas: the page's content policy refuses styled HTML. */
export function tooltipBox(ink: ChartInk): object {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: ink.box,
    borderColor: ink.lineStrong,
    borderWidth: 1,
    padding: [ink.rem * 0.4, ink.rem * 0.6],
    textStyle: { color: ink.text, fontSize: Math.max(12, Math.round(ink.rem * 0.8)), fontFamily: ink.font },
  };
}
