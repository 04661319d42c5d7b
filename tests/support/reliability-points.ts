/**
 * The places between the receipt of an event and the last of its effects at which a worker is stopped on purpose.
 * Nothing in the app knows of them: the worker's own process watches the statements and calls that go by, and tells the
 * place by their shape.
 */
import pg from "pg";

type When = "before" | "after";

/** A statement; `within` says what its transaction must have done before. */
interface StatementPlace {
  kind: "statement";
  when: When;
  shape: RegExp;
  within?: RegExp;
}
/** A call to a vendor whose answer has come, and nothing was made of it yet. */
interface CallPlace {
  kind: "call";
  method: string;
  path: RegExp;
}

const WRITES_SUBSCRIPTION = /(insert\s+into|update)\s+("public"\.)?"?subscription"?[\s(]/i;

const COMMIT = /^\s*commit\s*$/i;

const leases = (table: string) =>
  new RegExp(`update\\s+${table}(\\s+as\\s+\\w+)?\\s+set\\s+lease_token\\s*=\\s*(?!null)`, "i");

const statement = (when: When, shape: RegExp, within?: RegExp): StatementPlace => ({
  kind: "statement",
  when,
  shape,
  within,
});

const PLACES = {
  "after the insert": statement("after", /insert\s+into\s+"?webhook_event/i),
  "within the claim": statement("after", leases("webhook_event")),
  "after the claim": statement("after", COMMIT, leases("webhook_event")),
  "after the fence": statement("after", /nextval\('sync_fence'\)/i),
  "after the refetch": { kind: "call", method: "GET", path: /^\/v1\/subscriptions\/sub_/ },
  "before the commit": statement("before", COMMIT, WRITES_SUBSCRIPTION),
  "after the commit": statement("after", COMMIT, WRITES_SUBSCRIPTION),
  "after the claim of the mail": statement("after", leases("outbox_message")),
  "after the mail was bound to a vendor": statement(
    "after",
    /update\s+outbox_message\s+set\s+provider\s*=\s*\$/i,
  ),
  "after the vendor took the mail": { kind: "call", method: "POST", path: /^(\/emails|\/v3\/mail\/send)$/ },
  "after the vendor ended the second subscription": {
    kind: "call",
    method: "DELETE",
    path: /^\/v1\/subscriptions\/sub_/,
  },
  "after the vendor gave its money back": { kind: "call", method: "POST", path: /^\/v1\/refunds$/ },
  "before the mail is marked sent": statement(
    "before",
    /update\s+("public"\.)?"?outbox_message"?[\s\S]*sent_at/i,
  ),
  "after the mail was marked sent": statement(
    "after",
    /update\s+("public"\.)?"?outbox_message"?[\s\S]*sent_at/i,
  ),
} as const satisfies Record<string, StatementPlace | CallPlace>;

export type Place = keyof typeof PLACES;

/** Sends itself a signal at the first time that this process comes to a place. */
export function stopAt(place: Place, signal: "SIGKILL" | "SIGSTOP"): void {
  let isDone = false;
  const stop = () => {
    if (isDone) return;
    isDone = true;
    process.kill(process.pid, signal);
  };
  const found: StatementPlace | CallPlace = PLACES[place];
  if (found.kind === "call") watchCalls(found, stop);
  else watchStatements(found, stop);
}

function watchCalls({ method, path }: CallPlace, stop: () => void): void {
  const original = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await original(input, init);
    const request = input instanceof Request ? input : null;
    const url = new URL(request?.url ?? String(input));
    const used = init?.method ?? request?.method ?? "GET";
    if (used.toUpperCase() === method && path.test(url.pathname)) stop();
    return response;
  };
}

type Query = (this: pg.Client, ...input: unknown[]) => unknown;
type Callback = (error: unknown, result: unknown) => void;

const textOf = (config: unknown): string => {
  if (typeof config === "string") return config;
  return typeof config === "object" && config !== null && "text" in config ? String(config.text) : "";
};

/** A claim that found nothing is not one. */
function isFruitful(result: unknown): boolean {
  if (typeof result !== "object" || result === null) return false;
  const { command, rowCount } = result as { command?: string; rowCount?: number | null };
  return command === "COMMIT" || (rowCount ?? 0) > 0;
}

function watchStatements({ when, shape, within }: StatementPlace, stop: () => void): void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const original = prototype.query;
  /** What the open transaction of each connection has done so far, where that matters. */
  const isWithin = new WeakMap<pg.Client, boolean>();
  prototype.query = function query(this: pg.Client, ...input: unknown[]) {
    const text = textOf(input[0]);
    if (/^\s*begin/i.test(text)) isWithin.set(this, false);
    const isOnTheWay = within?.test(text) === true;
    const isHere = shape.test(text) && (within === undefined || isWithin.get(this) === true);
    if (!isHere && !isOnTheWay) return original.apply(this, input);
    if (isHere && when === "before") stop();
    const heard = (result: unknown) => {
      if (!isFruitful(result)) return;
      if (isOnTheWay) isWithin.set(this, true);
      if (isHere) stop();
    };
    const last = input.at(-1);
    if (typeof last === "function") {
      const callback = last as Callback;
      const wrapped: Callback = (error, result) => {
        heard(result);
        callback(error, result);
      };
      return original.apply(this, [...input.slice(0, -1), wrapped]);
    }
    return (original.apply(this, input) as Promise<unknown>).then((result) => {
      heard(result);
      return result;
    });
  };
}
