import { describe, expect, it } from "vitest";
import { instantAt, LIVE, replay, shareOf, snap } from "./replay.ts";

const SPAN = { from: "2026-11-20T04:00:00.000Z", to: "2026-11-21T04:00:00.000Z", step_minutes: 15 };

describe("replay", () => {
  it("snaps an instant to the end of its bucket", () => {
    expect(snap(SPAN, Date.parse("2026-11-20T10:07:00Z"))).toBe("2026-11-20T10:15:00.000Z");
  });

  it.each([
    [-1, "2026-11-20T04:15:00.000Z"],
    [0.5, "2026-11-20T16:00:00.000Z"],
    [2, "2026-11-21T04:00:00.000Z"],
  ])("share %d of the timeline is %s", (share, at) => {
    expect(instantAt(SPAN, share)).toBe(at);
  });

  it("stands at the right end when live and where it looks otherwise", () => {
    expect(shareOf(SPAN, null)).toBe(1);
    expect(shareOf(SPAN, "2026-11-20T10:00:00Z")).toBe(0.25);
    expect(shareOf({ ...SPAN, to: SPAN.from }, "2026-11-20T10:00:00Z")).toBe(1);
  });

  it("moves bucket by bucket and becomes live past the end", () => {
    const back = replay(LIVE, { do: "move", buckets: -2 }, SPAN);
    expect(back.at).toBe("2026-11-21T03:30:00.000Z");

    const further = replay(back, { do: "move", buckets: 1 }, SPAN);
    expect(further.at).toBe("2026-11-21T03:45:00.000Z");

    expect(replay(further, { do: "move", buckets: 1 }, SPAN)).toEqual(LIVE);
  });

  it("plays from the start when live, from where it stands otherwise", () => {
    expect(replay(LIVE, { do: "play" }, SPAN)).toEqual({ at: "2026-11-20T04:15:00.000Z", playing: true });

    const there = { at: "2026-11-20T10:00:00.000Z", playing: false };
    expect(replay(there, { do: "play" }, SPAN)).toEqual({ ...there, playing: true });
  });

  it("keeps playing while it moves, stops when someone seeks", () => {
    const playing = { at: "2026-11-20T10:00:00.000Z", playing: true };

    expect(replay(playing, { do: "move", buckets: 1 }, SPAN).playing).toBe(true);
    expect(replay(playing, { do: "seek", at: "2026-11-20T11:00:00Z" }, SPAN).playing).toBe(false);
    expect(replay(playing, { do: "pause" }, SPAN)).toEqual({ ...playing, playing: false });
  });
});
