import { afterEach, describe, expect, it, vi } from "vitest";
import { getJson, RequestFailed, withQuery } from "./http.ts";

function answering(response: Response | Error): void {
  vi.stubGlobal("fetch", () => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response)));
}

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

describe("http", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("gives the answer", async () => {
    answering(json({ value: 86 }));

    expect(await getJson("/x")).toEqual({ value: 86 });
  });

  it.each([
    [401, "signed-out"],
    [403, "forbidden"],
    [404, "unavailable"],
    [503, "unavailable"],
  ] as const)("status %d is %s with the server's own sentence", async (status, kind) => {
    answering(json({ code: "source-down", message: "上游未响应" }, status));

    const failure = await getJson("/x").catch((error: unknown) => error);

    expect(failure).toMatchObject({ kind, detail: "上游未响应" });
  });

  it.each([
    ["no network", new TypeError("failed")],
    ["a page instead of JSON", new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["broken JSON", new Response("{", { headers: { "content-type": "application/json" } })],
  ])("%s is unavailable", async (_what, response) => {
    answering(response);

    await expect(getJson("/x")).rejects.toBeInstanceOf(RequestFailed);
  });

  it("asks equal questions at equal addresses", () => {
    expect(withQuery("/x", { at: null, place: "" })).toBe("/x");
    expect(withQuery("/x?hours=24", { place: "900101" })).toBe("/x?hours=24&place=900101");
  });
});
