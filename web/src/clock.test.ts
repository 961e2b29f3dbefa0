import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as clock from "./clock.ts";

const NOON = Date.parse("2026-11-21T04:00:00Z");

describe("clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOON });
    clock.useZone("Asia/Shanghai");
  });
  afterEach(() => vi.useRealTimers());

  it.each([
    ["2026-11-21T03:59:43Z", "17 秒前"],
    ["2026-11-21T03:13:00Z", "47 分钟前"],
    ["2026-11-20T18:00:00Z", "10 小时前"],
    ["2026-11-18T04:00:00Z", "3 天前"],
    ["2026-11-21T04:00:05Z", "0 秒前"],
  ])("%s was %s", (at, said) => {
    expect(clock.age(at)).toBe(said);
  });

  it("tells the time of the city, not of the browser", () => {
    expect(clock.timeOfDay("2026-11-20T16:30:00Z")).toBe("00:30");
  });

  it("names the day only when it is not today in the city", () => {
    expect(clock.moment("2026-11-20T16:30:00Z")).toBe("00:30");
    expect(clock.moment("2026-11-20T15:30:00Z")).toBe("11/20 23:30");
  });

  it("sets the weekday apart from the date", () => {
    expect(clock.longDate(NOON)).toBe("2026年11月21日 星期六");
  });

  it("keeps its zone when told one that does not exist", () => {
    clock.useZone("Nowhere/Atlantis");

    expect(clock.timeOfDay(NOON)).toBe("12:00");
  });

  it("follows a server that is minutes ahead and ignores a rounding second", () => {
    clock.synchronise("Sat, 21 Nov 2026 04:00:01 GMT");
    expect(clock.now()).toBe(NOON);

    clock.synchronise("Sat, 21 Nov 2026 04:10:00 GMT");
    expect(clock.now()).toBe(NOON + 600_500);
  });
});
