import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SOURCES = fileURLToPath(new URL("../src", import.meta.url));
const MOST_LINES = 400;
const CHINESE = /\p{Script=Han}/u;

const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => ({ path, source: readFileSync(join(SOURCES, path), "utf8") }));

/** Paths of our own modules that a file imports, static or not. */
export function imports(path: string, source: string): string[] {
  const found = [...source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)];
  return found.map(([, target = ""]) => relative(SOURCES, join(SOURCES, path, "..", target)));
}

function sideways(folder: string, except: readonly string[], all = files): string[] {
  return all
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .flatMap(({ path, source }) =>
      imports(path, source)
        .filter((target) => target.startsWith(`${folder}/`) && !except.includes(target))
        .map((target) => `${path} -> ${target}`),
    );
}

describe("architecture", () => {
  it("no panel imports a panel", () => {
    expect(sideways("panels", [])).toEqual([]);
  });

  it("no layer imports a layer", () => {
    expect(sideways("layers", ["layers/kind.ts"])).toEqual([]);
  });

  it("a planted panel that imports a panel is caught", () => {
    const planted = { path: "panels/planted.ts", source: 'import { line } from "./line.ts";' };

    expect(sideways("panels", [], [planted])).toEqual(["panels/planted.ts -> panels/line.ts"]);
  });

  it("words stand in the catalogues only", () => {
    const speaking = files.filter(({ path, source }) => !path.startsWith("text/") && CHINESE.test(source));

    expect(speaking.map(({ path }) => path)).toEqual([]);
  });

  it("nothing names an address outside this site", () => {
    const outward = files.filter(({ source }) => /https?:\/\/(?!www\.w3\.org\/2000\/svg)/.test(source));

    expect(outward.map(({ path }) => path)).toEqual([]);
  });

  it("every kind of panel and layer is listed", () => {
    const kinds = (folder: string, list: string): string[] => {
      const source = files.find(({ path }) => path === list)?.source ?? "";
      return files.filter(({ path }) => path.startsWith(`${folder}/`) && !path.endsWith("/kind.ts") && !source.includes(`./${path}`)).map(({ path }) => path);
    };

    expect([...kinds("panels", "panel-kinds.ts"), ...kinds("layers", "layer-kinds.ts")]).toEqual([]);
  });

  it("files stay short", () => {
    const long = files.filter(({ source }) => source.split("\n").length > MOST_LINES);

    expect(long.map(({ path }) => path)).toEqual([]);
  });
});
