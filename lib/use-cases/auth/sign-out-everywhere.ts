import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import { auth } from "@/lib/integrations/auth";
import type { SessionChange } from "@/lib/integrations/auth/port";

/** Ends every session of the person, this one too. */
export async function signOutEverywhere(input: { viewer: Viewer; headers: Headers }): Promise<SessionChange> {
  const change = await auth().signOutEverywhere(input.headers);
  const { workspaceId, userId } = input.viewer;
  await recordAudit(db(), { workspaceId, actorId: userId, action: "user.signed-out-everywhere" });
  return change;
}
