/** Server-sent events: who listens to what, and how the connection is doing. */
import { debounce } from "./debounce.ts";

export type Connection = "connecting" | "live" | "reconnecting" | "unavailable";

export type OpenSource = (address: string) => EventSource;

/** More was missed than the server can repeat. */
const GAP = "stream.gap";
const GIVE_UP_MS = 30_000;
const REOPEN_MS = 5_000;
export const SETTLE_MS = 500;

interface Listener {
  readonly types: ReadonlySet<string>;
  readonly notify: () => void;
}

/**
 * The browser reconnects by itself with Last-Event-ID. When the server refuses outright, the
 * browser gives up; then a new connection is opened and, as its gap is unknown, everyone is
 * told to read again.
 */
export class Stream extends EventTarget {
  connection: Connection = "connecting";
  #source: EventSource | null = null;
  #listeners = new Set<Listener>();
  #types = new Set<string>();
  #giveUp: ReturnType<typeof setTimeout> | undefined;
  #reopen: ReturnType<typeof setTimeout> | undefined;
  #lost = false;

  constructor(
    readonly address: string,
    readonly open: OpenSource = (to) => new EventSource(to),
  ) {
    super();
  }

  start(): void {
    const source = this.open(this.address);
    this.#source = source;
    source.addEventListener("open", () => this.#opened());
    source.addEventListener("error", () => this.#failed(source));
    source.addEventListener(GAP, () => this.#tellAll());
    for (const type of this.#types) source.addEventListener(type, this.#heard);
  }

  stop(): void {
    this.#source?.close();
    clearTimeout(this.#giveUp);
    clearTimeout(this.#reopen);
  }

  /** *react* runs once per burst of events of these *types*; returns how to stop. */
  listen(types: readonly string[], react: () => void): () => void {
    const settle = debounce(react, SETTLE_MS);
    const listener: Listener = { types: new Set(types), notify: settle };
    this.#listeners.add(listener);
    for (const type of types) {
      if (this.#types.has(type)) continue;
      this.#types.add(type);
      this.#source?.addEventListener(type, this.#heard);
    }
    return () => {
      settle.cancel();
      this.#listeners.delete(listener);
    };
  }

  #heard = (event: Event): void => {
    for (const listener of this.#listeners) if (listener.types.has(event.type)) listener.notify();
  };

  #opened(): void {
    clearTimeout(this.#giveUp);
    this.#giveUp = undefined;
    if (this.#lost) this.#tellAll();
    this.#lost = false;
    this.#become("live");
  }

  #tellAll(): void {
    for (const listener of this.#listeners) listener.notify();
  }

  #failed(source: EventSource): void {
    if (this.connection !== "unavailable") this.#become("reconnecting");
    this.#giveUp ??= setTimeout(() => this.#become("unavailable"), GIVE_UP_MS);
    if (source.readyState !== 2) return;
    this.#lost = true;
    clearTimeout(this.#reopen);
    this.#reopen = setTimeout(() => this.start(), REOPEN_MS);
  }

  #become(connection: Connection): void {
    if (this.connection === connection) return;
    this.connection = connection;
    this.dispatchEvent(new Event("change"));
  }
}
