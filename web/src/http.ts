/** The one HTTP client: JSON in, JSON out, every failure a named kind. */
import { synchronise } from "./clock.ts";

export type FailureKind = "unavailable" | "forbidden" | "signed-out";

/** *kind* decides what the page says; *detail* is the server's own sentence, if it sent one. */
export class RequestFailed extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly detail: string | null = null,
  ) {
    super(detail ?? kind);
  }
}

const TIMEOUT_MS = 20_000;

function kindOf(status: number): FailureKind {
  if (status === 401) return "signed-out";
  return status === 403 ? "forbidden" : "unavailable";
}

async function detailOf(response: Response): Promise<string | null> {
  if (!response.headers.get("content-type")?.includes("json")) return null;
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== "object" || body === null) return null;
  const { message, detail } = body as { message?: unknown; detail?: unknown };
  const said = message ?? detail;
  return typeof said === "string" ? said : null;
}

async function ask(address: string, signal: AbortSignal | undefined): Promise<Response> {
  const limit = new AbortController();
  const abort = (): void => limit.abort();
  const timer = setTimeout(abort, TIMEOUT_MS);
  signal?.addEventListener("abort", abort);
  try {
    return await fetch(address, {
      headers: { accept: "application/json" },
      credentials: "same-origin",
      signal: limit.signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestFailed("unavailable");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** Rejects with RequestFailed, or with an AbortError when *signal* fires. */
export async function getJson<Answer>(address: string, signal?: AbortSignal): Promise<Answer> {
  const response = await ask(address, signal);
  synchronise(response.headers.get("date"));
  if (!response.ok) throw new RequestFailed(kindOf(response.status), await detailOf(response));
  if (!response.headers.get("content-type")?.includes("json")) {
    throw new RequestFailed(response.redirected ? "signed-out" : "unavailable");
  }
  try {
    return (await response.json()) as Answer;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestFailed("unavailable");
  }
}

/** Leaves out what is null or empty, so equal questions have equal addresses. */
export function withQuery(path: string, values: Readonly<Record<string, string | number | null>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== "") query.set(key, String(value));
  }
  const tail = query.toString();
  return tail ? `${path}${path.includes("?") ? "&" : "?"}${tail}` : path;
}
