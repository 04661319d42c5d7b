import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import { createPersonalWorkspace, findViewer, upsertUser } from "@/lib/db/users";
import { env } from "@/lib/env";
import type { Identity } from "@/lib/integrations/auth/port";
import { enqueueMail } from "@/lib/outbox/enqueue";
import { renderMail } from "@/lib/outbox/render-mail";

/** Only a verified address makes an operator. */
function shouldBeOperator(identity: Identity): boolean {
  const listed = env.ADMIN_EMAILS?.some((email) => email.toLowerCase() === identity.email.toLowerCase());
  return identity.emailVerified && listed === true;
}

function isCurrent(viewer: Viewer, identity: Identity): boolean {
  return (
    viewer.email === identity.email &&
    viewer.emailVerified === identity.emailVerified &&
    viewer.name === identity.name &&
    viewer.isOperator === shouldBeOperator(identity)
  );
}

/**
 * Our own record of who is signed in: found, brought up to date, or made with a personal workspace and a welcome
 * mail, in one transaction. Safe to be run by any request, at once.
 */
export async function ensureViewer(identity: Identity): Promise<Viewer> {
  const found = await findViewer(identity);
  if (found && isCurrent(found, identity)) return found;

  const welcome = found
    ? null
    : await renderMail({ template: "welcome", name: identity.name }, identity.email);
  return db().$transaction(async (tx) => {
    const { id, isNew } = await upsertUser(tx, identity, shouldBeOperator(identity));
    if (isNew) {
      const workspaceId = await createPersonalWorkspace(tx, {
        userId: id,
        name: `${identity.name}'s workspace`,
      });
      await recordAudit(tx, { workspaceId, actorId: id, action: "workspace.created" });
      if (welcome) await enqueueMail(tx, { businessKey: `welcome:${id}`, mail: welcome, workspaceId });
    }
    const viewer = await findViewer(identity, tx);
    if (!viewer) throw new Error(`user ${id} has no workspace`);
    return viewer;
  });
}
