/** What the whole screen looks at: an instant and a place. Kept in the address, so it can be shared. */
import { debounce } from "./debounce.ts";
import { LIVE, replay, type Replay, type ReplayStep } from "./replay.ts";
import type { Timeline } from "./contract.ts";

export interface Stop {
  readonly code: string;
  readonly name: string;
  readonly level: string;
}

const SETTLE_MS = 150;

type Span = Pick<Timeline, "from" | "to" | "step_minutes">;

/**
 * Fires `time` when the instant changes and `place` when the place does; `settled` follows `time`
 * a moment later, at most a few times a second while the timeline is dragged.
 */
export class Scope extends EventTarget {
  replay: Replay = LIVE;
  trail: readonly Stop[] = [];
  span: Span | null = null;
  /** Codes named in the address whose names are not known yet. */
  wanted: readonly string[];

  readonly #settle = debounce(() => this.dispatchEvent(new Event("settled")), SETTLE_MS);

  constructor(readonly address: URL) {
    super();
    const at = address.searchParams.get("at");
    if (at && !Number.isNaN(Date.parse(at))) this.replay = { at, playing: false };
    this.wanted = (address.searchParams.get("place") ?? "").split(",").filter(Boolean);
  }

  get at(): string | null {
    return this.replay.at;
  }

  get place(): string | null {
    return this.trail.at(-1)?.code ?? this.wanted.at(-1) ?? null;
  }

  get isLive(): boolean {
    return this.replay.at === null;
  }

  get query(): { at: string | null; place: string | null } {
    return { at: this.at, place: this.place };
  }

  step(step: ReplayStep): void {
    if (!this.span) return;
    const before = this.replay;
    this.replay = replay(before, step, this.span);
    if (before.at === this.replay.at && before.playing === this.replay.playing) return;
    this.#tell("time");
    if (before.at !== this.replay.at) this.#settle();
  }

  /** Replace the stops; an empty trail is the whole city. */
  go(trail: readonly Stop[]): void {
    this.trail = trail;
    this.wanted = [];
    this.#tell("place");
  }

  #tell(what: "time" | "place"): void {
    this.#write("at", this.at);
    this.#write("place", this.trail.map((stop) => stop.code).join(",") || this.wanted.join(",") || null);
    history.replaceState(null, "", this.address);
    this.dispatchEvent(new Event(what));
  }

  #write(key: string, value: string | null): void {
    if (value === null) this.address.searchParams.delete(key);
    else this.address.searchParams.set(key, value);
  }
}
