import { after } from "next/server";
import { oldestDueSeconds } from "@/lib/db/health";
import { readSchedule } from "@/lib/db/schedule";
import { doWorkInPassing, isWorkWantedInPassing } from "@/lib/do-due-work";
import { env } from "@/lib/env";
import { errorFields, logger } from "@/lib/logger";

export const dynamic = "force-dynamic";
/** Seconds; the work that it may leave behind is done after the answer. */
export const maxDuration = 60;

/** Older than this (seconds), nobody is doing the work. */
const TOO_OLD = 300;
/** Where no timer runs, work is begun by visitors, and else by the daily cron. */
const lastRunTooOld = () => (env.VERCEL ? 26 * 60 * 60 : TOO_OLD);

/** For an outside monitor: 503 when the oldest due event or mail, or the pump's last run on any instance, is too old. */
export async function GET(): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  if (isWorkWantedInPassing()) after(doWorkInPassing);
  try {
    const [due, run] = await Promise.all([oldestDueSeconds(), readSchedule("pump")]);
    const oldestSeconds = Math.round(due);
    // Null before the first one has ended: a start is not late, and work that waits for it is told by its own age.
    const lastRunSeconds = run?.endedSecondsAgo == null ? null : Math.max(0, Math.round(run.endedSecondsAgo));
    const isLate = oldestSeconds > TOO_OLD || (lastRunSeconds ?? 0) > lastRunTooOld();
    return Response.json(
      { status: isLate ? "late" : "ok", oldestDueSeconds: oldestSeconds, lastRunSeconds },
      { status: isLate ? 503 : 200, headers },
    );
  } catch (error) {
    logger.error(errorFields(error), "pump health check failed");
    return Response.json({ status: "unavailable" }, { status: 503, headers });
  }
}
