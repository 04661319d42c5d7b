import { serviceStatus } from "@/lib/db/service-status";
import { statusAnswer } from "@/lib/status/service-status";

export const dynamic = "force-dynamic";

/** How each capability is doing, for anybody; 503 while that cannot be told. */
export async function GET(): Promise<Response> {
  const status = await serviceStatus();
  if (status === null) {
    return Response.json(
      { status: "unknown", capabilities: [] },
      { status: 503, headers: { "cache-control": "no-store" } },
    );
  }
  return Response.json(statusAnswer(status), { headers: { "cache-control": "public, max-age=2" } });
}
