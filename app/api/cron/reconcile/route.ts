import { doDueWork } from "@/lib/do-due-work";
import { reconcileNow } from "@/lib/reconcile/reconcile-due";
import { refusal } from "../bearer";

export const maxDuration = 60;

/**
 * For a cron of the host's: fetches what the payments vendor's webhooks have not brought, sweeps when that is due, and
 * handles what was found. What does not fit into the minute is carried on by whoever comes next.
 */
export async function GET(request: Request): Promise<Response> {
  const refused = refusal(request);
  if (refused) return refused;
  const passes = await reconcileNow({ budgetMs: 28_000 });
  const pump = await doDueWork(22_000);
  return Response.json({ passes, pump });
}
