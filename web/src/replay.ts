/** Time replay as plain state: live, or frozen at one bucket of the timeline. */
import type { Timeline } from "./contract.ts";

export interface Replay {
  /** The instant everything shows, or null for live. */
  readonly at: string | null;
  readonly playing: boolean;
}

export const LIVE: Replay = { at: null, playing: false };

export type ReplayStep =
  | { readonly do: "live" }
  | { readonly do: "seek"; readonly at: string }
  | { readonly do: "move"; readonly buckets: number }
  | { readonly do: "play" }
  | { readonly do: "pause" };

type Span = Pick<Timeline, "from" | "to" | "step_minutes">;

const stepMs = (span: Span): number => Math.max(1, span.step_minutes) * 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** The end of the bucket holding *ms*: what the wall shows there includes the whole bucket. */
export function snap(span: Span, ms: number): string {
  const from = Date.parse(span.from);
  const to = Date.parse(span.to);
  const end = from + Math.ceil((ms - from) / stepMs(span)) * stepMs(span);
  return iso(Math.min(Math.max(end, from + stepMs(span)), to));
}

/** The instant at a share (0-1) of the timeline's width. */
export function instantAt(span: Span, share: number): string {
  const from = Date.parse(span.from);
  const clamped = Math.min(Math.max(share, 0), 1);
  return snap(span, from + clamped * (Date.parse(span.to) - from));
}

/** Where *at* stands on the timeline, 0-1; live is its right end. */
export function shareOf(span: Span, at: string | null): number {
  if (at === null) return 1;
  const from = Date.parse(span.from);
  const width = Date.parse(span.to) - from;
  return width > 0 ? Math.min(Math.max((Date.parse(at) - from) / width, 0), 1) : 1;
}

/** Moving or playing past the right end returns to live. */
export function replay(state: Replay, step: ReplayStep, span: Span): Replay {
  switch (step.do) {
    case "live":
      return LIVE;
    case "seek":
      return { at: step.at, playing: false };
    case "pause":
      return { ...state, playing: false };
    case "play":
      return { at: state.at ?? snap(span, Date.parse(span.from)), playing: true };
    case "move": {
      const next = Date.parse(state.at ?? span.to) + step.buckets * stepMs(span);
      return next >= Date.parse(span.to) ? LIVE : { ...state, at: snap(span, next) };
    }
  }
}
