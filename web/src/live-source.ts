/** One address read now, at its period, when a listened event arrives and when the focus moves. */
import { RequestFailed } from "./http.ts";
import type { Stream } from "./stream.ts";

/** *value* is absent as soon as a read fails: an old number is never shown as if it were live. */
export interface Reading<Value> {
  readonly value: Value | null;
  readonly failure: RequestFailed | null;
  readonly pending: boolean;
}

export interface Rhythm {
  readonly refresh_seconds: number;
  readonly listens: readonly string[];
}

export interface LiveSourceOptions<Value> {
  read(signal: AbortSignal): Promise<Value>;
  changed(): void;
  /** False while replaying: the past does not refresh. */
  isLive(): boolean;
  readonly rhythm: Rhythm;
  readonly stream: Pick<Stream, "listen"> | null;
}

const FASTEST_SECONDS = 2;

export class LiveSource<Value> {
  reading: Reading<Value> = { value: null, failure: null, pending: true };
  #aborter: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unlisten: (() => void) | undefined;
  #stopped = false;

  constructor(readonly options: LiveSourceOptions<Value>) {}

  start(): void {
    const { rhythm, stream, isLive } = this.options;
    this.#stopped = false;
    this.#unlisten = stream?.listen(rhythm.listens, () => {
      if (isLive()) void this.reload();
    });
    void this.reload();
  }

  stop(): void {
    this.#stopped = true;
    this.#unlisten?.();
    this.#aborter?.abort();
    clearTimeout(this.#timer);
  }

  /** Reads again; an answer still under way is dropped, so answers never overtake one another. */
  async reload(): Promise<void> {
    this.#aborter?.abort();
    clearTimeout(this.#timer);
    const aborter = new AbortController();
    this.#aborter = aborter;
    this.#show({ ...this.reading, pending: true });
    try {
      const value = await this.options.read(aborter.signal);
      if (aborter.signal.aborted) return;
      this.#show({ value, failure: null, pending: false });
    } catch (error) {
      if (aborter.signal.aborted) return;
      if (!(error instanceof RequestFailed)) throw error;
      this.#show({ value: null, failure: error, pending: false });
    }
    this.#schedule();
  }

  #schedule(): void {
    const { rhythm, isLive } = this.options;
    if (this.#stopped || rhythm.refresh_seconds <= 0) return;
    const wait = Math.max(rhythm.refresh_seconds, FASTEST_SECONDS) * 1000;
    this.#timer = setTimeout(() => {
      if (isLive()) void this.reload();
      else this.#schedule();
    }, wait);
  }

  #show(reading: Reading<Value>): void {
    this.reading = reading;
    this.options.changed();
  }
}
