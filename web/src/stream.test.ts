import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SETTLE_MS, Stream } from "./stream.ts";

/** The browser's EventSource as far as Stream uses it. */
class Source extends EventTarget {
  readyState = 0;
  closed = false;

  say(type: string): void {
    this.dispatchEvent(new Event(type));
  }

  close(): void {
    this.closed = true;
  }
}

describe("stream", () => {
  let opened: Source[];
  let stream: Stream;

  beforeEach(() => {
    vi.useFakeTimers();
    opened = [];
    stream = new Stream("/api/v1/stream", () => {
      const source = new Source();
      opened.push(source);
      return source as unknown as EventSource;
    });
  });
  afterEach(() => vi.useRealTimers());

  it("a burst of events makes a listener read once, half a second later", () => {
    const react = vi.fn();
    stream.listen(["warning.raised"], react);
    stream.start();

    for (let count = 0; count < 50; count += 1) opened[0]?.say("warning.raised");
    vi.advanceTimersByTime(SETTLE_MS - 1);
    expect(react).not.toHaveBeenCalled();

    vi.advanceTimersByTime(1);
    expect(react).toHaveBeenCalledTimes(1);
  });

  it("a steady stream does not starve its listeners", () => {
    const react = vi.fn();
    stream.listen(["observation.batch"], react);
    stream.start();

    for (let count = 0; count < 20; count += 1) {
      opened[0]?.say("observation.batch");
      vi.advanceTimersByTime(100);
    }

    expect(react).toHaveBeenCalledTimes(4);
  });

  it("hears types asked for after it started, and nothing else", () => {
    const react = vi.fn();
    stream.start();
    stream.listen(["case.closed"], react);

    opened[0]?.say("case.opened");
    vi.advanceTimersByTime(SETTLE_MS);
    expect(react).not.toHaveBeenCalled();

    opened[0]?.say("case.closed");
    vi.advanceTimersByTime(SETTLE_MS);
    expect(react).toHaveBeenCalledTimes(1);
  });

  it("is silent to those who left", () => {
    const react = vi.fn();
    const leave = stream.listen(["case.closed"], react);
    stream.start();

    opened[0]?.say("case.closed");
    leave();
    opened[0]?.say("case.closed");
    vi.advanceTimersByTime(SETTLE_MS);

    expect(react).not.toHaveBeenCalled();
  });

  it("says reconnecting at once, unavailable after half a minute, live when it is back", () => {
    stream.start();
    opened[0]?.say("open");
    expect(stream.connection).toBe("live");

    opened[0]?.say("error");
    expect(stream.connection).toBe("reconnecting");

    vi.advanceTimersByTime(30_000);
    expect(stream.connection).toBe("unavailable");

    opened[0]?.say("open");
    expect(stream.connection).toBe("live");
  });

  it("opens anew when the browser gave up, and then has everyone read again", () => {
    const react = vi.fn();
    stream.listen(["case.closed"], react);
    stream.start();
    const first = opened[0];
    if (!first) throw new Error("not opened");

    first.readyState = 2;
    first.say("error");
    vi.advanceTimersByTime(5_000);
    expect(opened).toHaveLength(2);

    opened[1]?.say("open");
    vi.advanceTimersByTime(SETTLE_MS);
    expect(react).toHaveBeenCalledTimes(1);
  });

  it("has everyone read again when too much was missed to repeat", () => {
    const react = vi.fn();
    stream.listen(["case.closed"], react);
    stream.start();

    opened[0]?.say("stream.gap");
    vi.advanceTimersByTime(SETTLE_MS);

    expect(react).toHaveBeenCalledTimes(1);
  });

  it("stays closed once stopped", () => {
    stream.start();
    const [first] = opened;
    if (!first) throw new Error("not opened");
    first.readyState = 2;
    first.say("error");

    stream.stop();
    vi.advanceTimersByTime(60_000);

    expect(opened).toHaveLength(1);
    expect(first.closed).toBe(true);
  });
});
