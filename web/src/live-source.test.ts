import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RequestFailed } from "./http.ts";
import { LiveSource } from "./live-source.ts";

describe("live source", () => {
  let answers: (() => Promise<number>)[];
  let asked: number;
  let isLive: boolean;
  let hear: () => void;
  let source: LiveSource<number>;

  beforeEach(() => {
    vi.useFakeTimers();
    answers = [];
    asked = 0;
    isLive = true;
    source = new LiveSource({
      read: () => {
        asked += 1;
        return answers.shift()?.() ?? Promise.resolve(asked);
      },
      changed: () => undefined,
      isLive: () => isLive,
      rhythm: { refresh_seconds: 30, listens: ["case.closed"] },
      stream: {
        listen: (_types, react) => {
          hear = react;
          return () => undefined;
        },
      },
    });
  });
  afterEach(() => {
    source.stop();
    vi.useRealTimers();
  });

  it("reads at once, at its period and when it hears an event", async () => {
    source.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(source.reading).toEqual({ value: 1, failure: null, pending: false });

    await vi.advanceTimersByTimeAsync(30_000);
    expect(source.reading.value).toBe(2);

    hear();
    await vi.advanceTimersByTimeAsync(0);
    expect(source.reading.value).toBe(3);
  });

  it("drops the old number as soon as a read fails, and recovers by itself", async () => {
    source.start();
    await vi.advanceTimersByTimeAsync(0);
    answers.push(() => Promise.reject(new RequestFailed("unavailable")));

    await vi.advanceTimersByTimeAsync(30_000);
    expect(source.reading.value).toBeNull();
    expect(source.reading.failure?.kind).toBe("unavailable");

    await vi.advanceTimersByTimeAsync(30_000);
    expect(source.reading).toEqual({ value: 3, failure: null, pending: false });
  });

  it("never lets a slow answer overwrite a newer one", async () => {
    let late: (value: number) => void = () => undefined;
    answers.push(() => new Promise((resolve) => (late = resolve)));
    source.start();

    await source.reload();
    late(99);
    await vi.advanceTimersByTimeAsync(0);

    expect(source.reading.value).toBe(2);
  });

  it("leaves the past alone: neither period nor event reads while replaying", async () => {
    source.start();
    await vi.advanceTimersByTimeAsync(0);
    isLive = false;

    hear();
    await vi.advanceTimersByTimeAsync(120_000);

    expect(asked).toBe(1);
  });

  it("asks nothing more once stopped", async () => {
    source.start();
    await vi.advanceTimersByTimeAsync(0);

    source.stop();
    await vi.advanceTimersByTimeAsync(120_000);

    expect(asked).toBe(1);
  });
});
