import { describe, expect, it } from "vitest";
import { en } from "./text/en.ts";
import { zhHans } from "./text/zh-hans.ts";
import { text } from "./text.ts";

const holes = (words: string): string[] => [...words.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

describe("text", () => {
  it("has the same keys and the same holes in both languages", () => {
    const filled = (catalogue: object) => Object.fromEntries(Object.entries(catalogue).map(([key, words]) => [key, holes(String(words))]));

    expect(filled(en)).toEqual(filled(zhHans));
  });

  it("fills its holes", () => {
    expect(text("ago-minutes", { n: 47 }, "en")).toBe("47 min ago");
    expect(text("ago-minutes", { n: 47 }, "zh-hans")).toBe("47 分钟前");
  });
});
