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

/** Rejects with RequestFailed, or with the caller's AbortError when *signal* fires. */
export async function getJson<Answer>(address: string, signal?: AbortSignal): Promise<Answer> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(address, {
    headers: { accept: "application/json" },
    credentials: "same-origin",
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new RequestFailed("unavailable");
  });
  synchronise(response.headers.get("date"));
  if (!response.ok) throw new RequestFailed(kindOf(response.status), await detailOf(response));
  if (response.redirected && !response.headers.get("content-type")?.includes("json")) {
    throw new RequestFailed("signed-out");
  }
  return (await response.json()) as Answer;
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
