import { after } from "next/server";
import { serviceStatus } from "@/lib/db/service-status";
import { doWorkInPassing, isWorkWantedInPassing } from "@/lib/do-due-work";
import { statusAnswer } from "@/lib/status/service-status";

export const dynamic = "force-dynamic";
/** Seconds; the work that it may leave behind is done after the answer. */
export const maxDuration = 60;

/** How each capability is doing, for anybody; 503 while that cannot be told. */
export async function GET(): Promise<Response> {
  // A banner asks for this again and again while something is down: nobody else may come to find that it is over.
  if (isWorkWantedInPassing()) after(doWorkInPassing);
  const status = await serviceStatus();
  if (status === null) {
    return Response.json(
      { status: "unknown", capabilities: [] },
      { status: 503, headers: { "cache-control": "no-store" } },
    );
  }
  return Response.json(statusAnswer(status), { headers: { "cache-control": "public, max-age=2" } });
}
