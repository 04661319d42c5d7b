/** The sandbox's control port, as the chaos panel uses it. Outside sandbox mode there is nothing to control. */
import { z } from "zod";
import { env, isSandbox } from "@/lib/env";
import { AppError } from "@/lib/errors/app-error";

/** Milliseconds; it runs on this machine, and the console must not wait for it. */
const READ_TIMEOUT_MS = 500;
const WRITE_TIMEOUT_MS = 3_000;

/** What can be done to every call of a provider. */
export const CHAOS_FAULTS = [
  "slow",
  "throttled",
  "error",
  "hang",
  "reset",
  "refused",
  "credentials",
] as const;
export type ChaosFault = (typeof CHAOS_FAULTS)[number];

const REQUESTS: Record<ChaosFault, object> = {
  slow: { kind: "latency", latencyMs: 3_000 },
  throttled: { kind: "status", status: 429, retryAfterSeconds: 20 },
  error: { kind: "status", status: 500 },
  hang: { kind: "hang" },
  reset: { kind: "reset" },
  refused: { kind: "refused" },
  credentials: { kind: "status", status: 401 },
};

const listSchema = z.object({
  faults: z.array(
    z.object({
      id: z.string(),
      vendor: z.string(),
      kind: z.string(),
      phase: z.string(),
      route: z.string(),
      status: z.number().nullable(),
      latencyMs: z.number().nullable(),
    }),
  ),
});

/** A fault that a stand-in has now, whoever set it. */
export type ActiveFault = z.infer<typeof listSchema>["faults"][number];

function controlUrl(path: string): string {
  if (!isSandbox || !env.SANDBOX_CONTROL_URL) {
    throw new AppError("not_found", { userMessage: "There is no sandbox here." });
  }
  return new URL(path, env.SANDBOX_CONTROL_URL).toString();
}

async function call(path: string, init: RequestInit & { timeoutMs: number }): Promise<unknown> {
  const url = controlUrl(path);
  try {
    const response = await fetch(url, {
      ...init,
      cache: "no-store",
      signal: AbortSignal.timeout(init.timeoutMs),
    });
    if (!response.ok) throw new Error(`the sandbox's control port answered ${response.status}`);
    return await response.json();
  } catch (cause) {
    throw new AppError("unavailable", {
      userMessage: "The sandbox does not answer. It ends with `npm run dev` or `npm run preview`.",
      cause,
    });
  }
}

/** @throws AppError unavailable, where the sandbox does not answer in time */
export async function listFaults(): Promise<ActiveFault[]> {
  return listSchema.parse(await call("/faults", { method: "GET", timeoutMs: READ_TIMEOUT_MS })).faults;
}

/** Makes a provider well again, for all of its calls. */
export async function healProvider(provider: string): Promise<void> {
  const query = new URLSearchParams({ vendor: provider });
  await call(`/faults?${query}`, { method: "DELETE", timeoutMs: WRITE_TIMEOUT_MS });
}

/** Breaks every call of a provider in one way, in place of whatever was broken before. */
export async function breakProvider(provider: string, fault: ChaosFault): Promise<void> {
  await healProvider(provider);
  await call("/faults", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ vendor: provider, route: "*", ...REQUESTS[fault] }),
    timeoutMs: WRITE_TIMEOUT_MS,
  });
}
