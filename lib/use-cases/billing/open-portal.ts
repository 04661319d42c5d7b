import type { Viewer } from "@/lib/billing/views";
import { findCustomerId } from "@/lib/db/billing-customers";
import { appUrl } from "@/lib/env";
import { AppError } from "@/lib/errors/app-error";
import { explainPaymentsFailure } from "@/lib/errors/payments-failure";
import { payments } from "@/lib/integrations/payments";

/** The hosted page for cards and invoices. */
export async function openPortal({ viewer }: { viewer: Viewer }): Promise<{ url: string }> {
  const customerId = await findCustomerId(viewer.workspaceId);
  if (!customerId) {
    throw new AppError("not_found", { userMessage: "There is nothing to manage yet: choose a plan first." });
  }
  try {
    return await payments().createPortal({ customerId, returnUrl: `${appUrl()}/billing` });
  } catch (error) {
    throw explainPaymentsFailure(error, "portal");
  }
}
