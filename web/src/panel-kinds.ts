/** Every kind of panel the screens know; a new kind is one file and one line. */
import type { PanelKind } from "./panel-kind.ts";
import { bars } from "./panels/bars.ts";
import { counts } from "./panels/counts.ts";
import { feed } from "./panels/feed.ts";
import { gauge } from "./panels/gauge.ts";
import { line } from "./panels/line.ts";
import { stages } from "./panels/stages.ts";
import { vitals } from "./panels/vitals.ts";

const ALL = [vitals, gauge, stages, feed, bars, line, counts] as readonly PanelKind<unknown>[];

export const PANEL_KINDS: ReadonlyMap<string, PanelKind<unknown>> = new Map(
  ALL.map((kind) => [kind.kind, kind]),
);
