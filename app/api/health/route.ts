import { pingDatabase } from "@/lib/db/health";
import { errorFields, logger } from "@/lib/logger";

export const dynamic = "force-dynamic";

/** 200 when the process and its database answer, else 503. */
export async function GET(): Promise<Response> {
  try {
    await pingDatabase();
    return Response.json({ status: "ok", database: "ok" }, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    logger.error(errorFields(error), "health check: the database does not answer");
    return Response.json(
      { status: "unavailable", database: "unavailable" },
      { status: 503, headers: { "cache-control": "no-store" } },
    );
  }
}
