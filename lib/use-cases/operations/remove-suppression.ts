import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import { deleteSuppression, findSuppression, type Suppression } from "@/lib/db/email-suppressions";
import { AppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { email, emailFallback } from "@/lib/integrations/email";
import type { EmailProvider, SuppressionRemoval } from "@/lib/integrations/email/port";
import { errorFields, logger } from "@/lib/logger";

/** What became of the address on a vendor's own list; "failed": nobody knows, it may be tried again. */
export interface VendorRemoval {
  provider: string;
  outcome: SuppressionRemoval | "failed";
}

async function removeAt(provider: EmailProvider, address: string): Promise<VendorRemoval> {
  try {
    return { provider: provider.id, outcome: await provider.removeSuppression(address) };
  } catch (error) {
    if (!isIntegrationError(error)) throw error;
    logger.warn(
      { provider: provider.id, ...errorFields(error) },
      "a vendor's suppression list was not changed",
    );
    return { provider: provider.id, outcome: "failed" };
  }
}

/** A wish that was told to a vendor is its reader's to take back there; everything else stands on its lists too. */
async function removeAtVendors({ reason, address }: Suppression): Promise<VendorRemoval[]> {
  if (reason === "unsubscribed") return [];
  const inUse = [email(), emailFallback()].filter((provider) => provider !== null);
  return Promise.all(inUse.map((provider) => removeAt(provider, address)));
}

/**
 * Lets an address be written to again: off the vendors' own lists first, then off ours, with a note of who wanted it.
 * Where a vendor's could not be changed, ours is all the same: the next mail is handed over, and comes back on our list
 * if the vendor still refuses the address. Mails that were kept back before stay unsent.
 * @throws AppError not_found for one that is not on the list (any more)
 */
export async function removeSuppression(input: { viewer: Viewer; id: string }): Promise<VendorRemoval[]> {
  const gone = () =>
    new AppError("not_found", {
      userMessage: "This address is not on the list any more. Please reload the page.",
    });
  const suppression = await findSuppression(input.id);
  if (suppression === null) throw gone();
  const atVendors = await removeAtVendors(suppression);
  const { id, reason, category, messageId } = suppression;
  await db().$transaction(async (tx) => {
    if (!(await deleteSuppression(tx, id))) throw gone();
    await recordAudit(tx, {
      workspaceId: null,
      actorId: input.viewer.userId,
      action: "suppression.removed",
      // No address: the log outlives the wish to be forgotten.
      detail: {
        ...{ suppressionId: id, reason, category, messageId },
        atVendors: Object.fromEntries(atVendors.map(({ provider, outcome }) => [provider, outcome])),
      },
    });
  });
  return atVendors;
}
