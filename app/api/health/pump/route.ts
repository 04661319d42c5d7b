import { oldestDueSeconds } from "@/lib/db/health";
import { errorFields, logger } from "@/lib/logger";

export const dynamic = "force-dynamic";

/** Older than this, nobody is doing the work. */
const TOO_OLD_SECONDS = 300;

/** For an outside monitor: 503 when the oldest due event or mail has been waiting for too long. */
export async function GET(): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  try {
    const seconds = Math.round(await oldestDueSeconds());
    const late = seconds > TOO_OLD_SECONDS;
    return Response.json(
      { status: late ? "late" : "ok", oldestDueSeconds: seconds },
      { status: late ? 503 : 200, headers },
    );
  } catch (error) {
    logger.error(errorFields(error), "pump health check failed");
    return Response.json({ status: "unavailable" }, { status: 503, headers });
  }
}
