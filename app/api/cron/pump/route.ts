import { createHash, timingSafeEqual } from "node:crypto";
import { doDueWork } from "@/lib/do-due-work";
import { env } from "@/lib/env";
import { runMonitor } from "@/lib/monitor/monitor";

export const maxDuration = 60;

/** Constant in time, whatever the lengths. */
function matches(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** For a cron of the host's: does what is due, and what timers do in a process that lives long. */
export async function GET(request: Request): Promise<Response> {
  const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (!env.CRON_SECRET || !matches(bearer, env.CRON_SECRET)) {
    return Response.json({ error: "unauthenticated" }, { status: 401 });
  }
  // A probe takes ten seconds at most, and the last batch fifteen: together still within the minute.
  await runMonitor();
  return Response.json(await doDueWork(30_000));
}
