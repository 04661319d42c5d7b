/** The last calls that the stand-ins saw: never a body, never an Authorization header, no secret of a query. */
import type { FaultKind } from "./faults";

export interface LoggedRequest {
  /** Unix milliseconds. */
  at: number;
  vendor: string;
  method: string;
  /** Path and query, with the values of telling parameters blotted out. */
  path: string;
  /** Null when no answer was given (hang, reset, the client went away). */
  status: number | null;
  durationMs: number;
  idempotencyKey: string | null;
  requestId: string | null;
  /** The kind of the fault that the call met. */
  fault: FaultKind | null;
}

export interface RequestLog {
  add(entry: LoggedRequest): void;
  /** Newest first. */
  list(): LoggedRequest[];
  /** Calls by vendor, those that are no longer listed among them. */
  counts(): Record<string, number>;
  clear(): void;
}

/** @param capacity how many are remembered; they do not survive a restart */
export function createRequestLog(capacity = 500): RequestLog {
  let entries: LoggedRequest[] = [];
  const counts = new Map<string, number>();
  return {
    add(entry) {
      counts.set(entry.vendor, (counts.get(entry.vendor) ?? 0) + 1);
      entries.push(entry);
      if (entries.length > capacity) entries = entries.slice(-capacity);
    },
    list: () => entries.toReversed(),
    counts: () => Object.fromEntries(counts),
    clear() {
      counts.clear();
      entries = [];
    },
  };
}

const TELLING_PARAMETER = /secret|token|key|password|signature|code/i;

/** `/a?b=1&token=x` → `/a?b=1&token=…` */
export function redactPath(url: URL): string {
  if (url.search === "") return url.pathname;
  const shown = Array.from(url.searchParams, ([name, value]) =>
    TELLING_PARAMETER.test(name) ? `${name}=…` : `${name}=${value}`,
  );
  return `${url.pathname}?${shown.join("&")}`;
}
