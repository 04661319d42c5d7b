import { type BillingOwner, findBillingOwner } from "@/lib/db/billing-customers";
import { AppError } from "@/lib/errors/app-error";

/**
 * Whose a vendor's customer is: by the customer's id, else by the workspace in the metadata that we wrote, or by what
 * was paid.
 * @throws AppError "not_found": the event is kept and tried again, for its workspace may be about to be written.
 */
export async function requireBillingOwner(
  input: Parameters<typeof findBillingOwner>[0],
): Promise<BillingOwner> {
  const owner = await findBillingOwner(input);
  if (owner) return owner;
  throw new AppError("not_found", {
    userMessage: "This customer is not known here.",
    logMessage: `no workspace for the payments customer ${input.customerId ?? "(none)"}`,
  });
}
