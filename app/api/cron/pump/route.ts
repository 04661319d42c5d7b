import { doDueWork } from "@/lib/do-due-work";
import { runMonitor } from "@/lib/monitor/monitor";
import { refusal } from "../bearer";

export const maxDuration = 60;

/** For a cron of the host's: does what is due, and what timers do in a process that lives long. */
export async function GET(request: Request): Promise<Response> {
  const refused = refusal(request);
  if (refused) return refused;
  // A probe takes ten seconds at most: together still within the minute.
  await runMonitor();
  return Response.json(await doDueWork(40_000));
}
