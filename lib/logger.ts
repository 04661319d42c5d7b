import { pino } from "pino";
import { requestContext } from "@/lib/request-context";

/**
 * JSON lines on stdout, redacted by allow-list: a field passes by its name and its kind, and every other one is left
 * out and named in `dropped`. Never a secret, an e-mail address, a person's name or a vendor's prose. A new field
 * belongs here only if its every value is an id, a name of ours or a vendor's machine-readable code: a single word.
 */
const WORD = [
  "action",
  "apiVersion",
  "cause",
  "code",
  "correlationId",
  "digest",
  "effect",
  "error",
  "from",
  "heldBackBy",
  "id",
  "keptSubscriptionId",
  "kind",
  "method",
  "mode",
  "operation",
  "origin",
  "outcome",
  "provider",
  "reason",
  "requestId",
  "route",
  "severity",
  "source",
  "subscriptionId",
  "timer",
  "to",
  "type",
  "workspaceId",
] as const;
/** Sentences of ours, and places in code. */
const TEXT = ["message", "stack"] as const;
const NUMBER = [
  "attempt",
  "attempts",
  "calls",
  "delayMs",
  "deleted",
  "durationMs",
  "drift",
  "pruned",
  "quotaRemaining",
  "retryAfterMs",
  "seen",
  "status",
  "strangers",
] as const;
const FLAG = ["isProbe"] as const;
const OBJECT = ["next"] as const;

/** Nothing is written of a field that is null or undefined. */
export type LogFields = {
  [Name in (typeof WORD)[number] | (typeof TEXT)[number]]?: string | null;
} & { [Name in (typeof NUMBER)[number]]?: number | null } & {
  [Name in (typeof FLAG)[number]]?: boolean | null;
} & { [Name in (typeof OBJECT)[number]]?: LogFields | null };

/** Refuses, where it is compiled, a field that is not on the list. */
type Exactly<Fields> = Fields & Record<Exclude<keyof Fields, keyof LogFields>, never>;
type Log = <Fields extends LogFields>(fields: Exactly<Fields>, message: string) => void;

const KINDS = new Map<string, "word" | "string" | "number" | "boolean" | "object">([
  ...WORD.map((name) => [name, "word"] as const),
  ...TEXT.map((name) => [name, "string"] as const),
  ...NUMBER.map((name) => [name, "number"] as const),
  ...FLAG.map((name) => [name, "boolean"] as const),
  ...OBJECT.map((name) => [name, "object"] as const),
]);

const LONGEST_TEXT = 2_000;
const FIELD_NAME = /^\w{1,40}$/;
/** An id, a code, a route's pattern. Vendors may put anything in the place of one. */
const SINGLE_WORD = /^[\w.:;/()[\]-]{1,200}$/;

function isOfKind(name: string, value: unknown): boolean {
  const kind = KINDS.get(name);
  return kind === "word" ? typeof value === "string" && SINGLE_WORD.test(value) : typeof value === kind;
}

function permitted(fields: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    // A name that is computed may be what must not be written.
    if (!isOfKind(name, value)) dropped.push(FIELD_NAME.test(name) ? name : "?");
    else if (typeof value === "string") kept[name] = value.slice(0, LONGEST_TEXT);
    else kept[name] = typeof value === "object" ? permitted(value) : value;
  }
  return dropped.length > 0 ? { ...kept, dropped } : kept;
}

const sink = pino({
  level: process.env.NODE_ENV === "test" ? "silent" : "info",
  base: undefined,
  mixin: () => {
    const { correlationId } = requestContext();
    return correlationId ? { correlationId } : {};
  },
});

const at =
  (level: "info" | "warn" | "error"): Log =>
  (fields, message) => {
    if (sink.isLevelEnabled(level)) sink[level](permitted(fields), message);
  };

export const logger = { info: at("info"), warn: at("warn"), error: at("error") };

/** Where it happened, and nothing of the message: that may go over several lines of the stack. */
function framesOf(stack: string | undefined): string | undefined {
  return stack
    ?.split("\n")
    .filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line))
    .slice(0, 5)
    .join("\n");
}

const CODE = /^[\w.-]{1,60}$/;

type ErrorFields = Pick<LogFields, "error" | "code" | "message" | "stack">;

/** An error as log fields: its class, code and our own message, without a vendor's objects. */
export function errorFields(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, message, stack } = error;
  const code =
    "code" in error && typeof error.code === "string" && CODE.test(error.code) ? error.code : undefined;
  // Database and library messages may quote values; only our own errors are known not to.
  return name === "AppError" || name === "IntegrationError"
    ? { error: name, code, message }
    : { error: name, code, stack: framesOf(stack) };
}
