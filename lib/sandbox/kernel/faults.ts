/**
 * The fault book: which calls to a stand-in go wrong, and how. The book only decides; `fault-injection.ts` does it to the
 * socket, and `server.ts` closes the port for `refused`.
 *
 * | kind     | phase `headers` (default)              | phase `body`                                       |
 * |----------|----------------------------------------|----------------------------------------------------|
 * | latency  | the call is done at once, the answer waits `latencyMs` | half the answer comes, the rest after `latencyMs` |
 * | status   | nothing is done, the vendor's error body | the call is done, yet the answer is the error    |
 * | hang     | nothing is done, no answer ever        | the call is done, half the answer comes, then nothing |
 * | reset    | nothing is done, TCP RST               | the call is done, half the answer comes, then TCP RST |
 * | garbage  | nothing is done, 200 with a body that is no JSON | the call is done, 200 with a body that is no JSON |
 * | lost     | –                                      | the call is done, no byte of the answer comes, TCP RST |
 * | truncate | –                                      | the call is done, fewer bytes come than content-length says |
 * | refused  | the port is closed: ECONNREFUSED until cleared | –                                          |
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";

export type FaultKind = "latency" | "status" | "hang" | "reset" | "refused" | "truncate" | "garbage" | "lost";
export type FaultPhase = "headers" | "body";

export interface Fault {
  id: string;
  vendor: string;
  kind: FaultKind;
  phase: FaultPhase;
  /** `*`, or a method (or `*`) and a path in which `*` stands for anything: `POST /v1/checkout/*`. */
  route: string;
  /** Only for `status`. */
  status: number | null;
  /** Only for `status`: the Retry-After header. */
  retryAfterSeconds: number | null;
  /** Only for `latency`. */
  latencyMs: number | null;
  /** Calls left to hit; null until cleared. */
  timesLeft: number | null;
  /** Calls hit so far. */
  hits: number;
}

export interface FaultedCall {
  vendor: string;
  method: string;
  path: string;
  /** Whether the path is the vendor's API, not one of its hosted pages. */
  isApi: boolean;
}

export interface FaultBook {
  /**
   * Adds a fault as `POST /faults` describes it.
   *
   * @throws FaultRefusedError naming what is wrong with the input.
   */
  add(input: unknown): Fault;
  /** The fault that this call meets, the newest matching one, counted as a hit. Never a `refused` one. */
  take(call: FaultedCall): Fault | undefined;
  list(): Fault[];
  /** Ends the faults of one vendor, or all of them. */
  clear(vendor?: string): void;
  /** Whether a vendor's port is to be closed. */
  isRefused(vendor: string): boolean;
}

/** The input of `POST /faults` was not understood; the message says which member and why. */
export class FaultRefusedError extends Error {
  override name = "FaultRefusedError";
}

const ROUTE = /^(\*|(?:GET|POST|PUT|PATCH|DELETE|\*) \/\S*)$/;

/** Setting a member that another kind would use is refused too: the author expects something that will not happen. */
function faultSchema(vendors: readonly [string, ...string[]]) {
  const base = {
    vendor: z.enum(vendors),
    route: z
      .string()
      .regex(ROUTE, 'must be "*" or a method and a path, such as "POST /v1/checkout/*"')
      .default("*"),
    times: z.number().int().min(1).optional(),
  };
  const phase = z.enum(["headers", "body"]).default("headers");
  return z.discriminatedUnion("kind", [
    z.strictObject({
      ...base,
      kind: z.literal("latency"),
      phase,
      latencyMs: z.number().int().min(1).max(600_000),
    }),
    z.strictObject({
      ...base,
      kind: z.literal("status"),
      phase,
      status: z.number().int().min(400).max(599),
      retryAfterSeconds: z.number().int().min(0).max(86_400).optional(),
    }),
    z.strictObject({ ...base, kind: z.literal("hang"), phase }),
    z.strictObject({ ...base, kind: z.literal("reset"), phase }),
    z.strictObject({ ...base, kind: z.literal("garbage"), phase }),
    z.strictObject({ ...base, kind: z.literal("lost"), phase: z.literal("body").default("body") }),
    z.strictObject({ ...base, kind: z.literal("truncate"), phase: z.literal("body").default("body") }),
    z.strictObject({
      vendor: base.vendor,
      kind: z.literal("refused"),
      route: z.literal("*", 'must be "*": a closed port refuses every call').default("*"),
    }),
  ]);
}

/** @param vendors the names that `vendor` may have */
export function createFaultBook(vendors: readonly [string, ...string[]]): FaultBook {
  const schema = faultSchema(vendors);
  let faults: Fault[] = [];

  return {
    add(input) {
      const parsed = schema.safeParse(input);
      if (!parsed.success) throw new FaultRefusedError(parsed.error.issues.map(describeIssue).join("; "));
      const { data } = parsed;
      const fault: Fault = {
        id: randomUUID(),
        vendor: data.vendor,
        kind: data.kind,
        phase: "phase" in data ? data.phase : "headers",
        route: data.route,
        status: data.kind === "status" ? data.status : null,
        retryAfterSeconds: data.kind === "status" ? (data.retryAfterSeconds ?? null) : null,
        latencyMs: data.kind === "latency" ? data.latencyMs : null,
        timesLeft: "times" in data ? (data.times ?? null) : null,
        hits: 0,
      };
      faults.push(fault);
      return { ...fault };
    },
    take(call) {
      const found = faults.findLast((fault) => fault.kind !== "refused" && matches(fault, call));
      if (!found) return undefined;
      found.hits += 1;
      if (found.timesLeft !== null) {
        found.timesLeft -= 1;
        if (found.timesLeft === 0) faults = faults.filter((fault) => fault !== found);
      }
      return { ...found };
    },
    list: () => faults.map((fault) => ({ ...fault })),
    clear(vendor) {
      faults = vendor === undefined ? [] : faults.filter((fault) => fault.vendor !== vendor);
    },
    isRefused: (vendor) => faults.some((fault) => fault.kind === "refused" && fault.vendor === vendor),
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.join(".");
  return where ? `${where}: ${issue.message}` : issue.message;
}

/** Hosted pages are hit only by a pattern that names one: not by `*`, nor by a path that is nothing but `*`. */
function matches(fault: Fault, call: FaultedCall): boolean {
  if (fault.vendor !== call.vendor) return false;
  if (fault.route === "*") return call.isApi;
  const [method = "*", pattern = "/*"] = fault.route.split(" ");
  if (method !== "*" && method !== call.method) return false;
  if (pattern === "/*") return call.isApi;
  const expression = pattern.split("*").map(escapeRegExp).join(".*");
  return new RegExp(`^${expression}$`).test(call.path);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
