import type { Viewer } from "@/lib/billing/views";
import {
  ensureBillingCustomer,
  findCustomerId,
  findDeletedCustomerId,
  replaceCustomerId,
} from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import {
  attemptOperation,
  beginOperation,
  closeOperation,
  isUnderWay,
  type Operation,
} from "@/lib/db/operations";
import { AppError } from "@/lib/errors/app-error";
import { payments } from "@/lib/integrations/payments";
import { WAIT_MS, waitFor } from "./wait-for";

async function keep(
  workspaceId: string,
  operation: Operation,
  customerId: string,
  gone: string | undefined,
): Promise<string> {
  const replaced = gone ?? (await findDeletedCustomerId(workspaceId));
  return db().$transaction(async (tx) => {
    if (replaced) await replaceCustomerId(tx, { workspaceId, gone: replaced, customerId });
    const row = await ensureBillingCustomer(tx, { workspaceId, customerId });
    await closeOperation(tx, operation.id, "SUCCEEDED");
    return row.externalId;
  });
}

/**
 * The payments vendor's customer of a workspace, made once however many ask at a time. `gone` names one that the
 * vendor no longer knows, to be replaced.
 */
export async function ensureCustomer(viewer: Viewer, { gone }: { gone?: string } = {}): Promise<string> {
  const { workspaceId, userId, email, workspaceName: name } = viewer;
  const findUsable = async () => {
    const known = await findCustomerId(workspaceId);
    return known === gone ? null : known;
  };
  const known = await findUsable();
  if (known) return known;

  const begin = () => beginOperation({ workspaceId, userId, kind: "CREATE_CUSTOMER", input: { email } });
  let { operation, isNew } = await begin();
  if (!isNew && isUnderWay(operation)) {
    const made = await waitFor(WAIT_MS, findUsable);
    if (made) return made;
    throw new AppError("conflict", {
      userMessage: "This is being done right now. Please try again in a moment.",
    });
  }
  if (!isNew) {
    // Whatever is found, a payment page is made next: nobody waits for a look-up that leads to no page.
    await payments().refuseIfOpen("write", "customers.create");
    // By the address it was made with, which need not be the one of who asks now.
    const found = await payments().findCustomerByOperation({
      operationId: operation.id,
      email: operation.email ?? email,
    });
    if (found) return keep(workspaceId, operation, found.customerId, gone);
    await closeOperation(db(), operation.id, "EXPIRED");
    ({ operation, isNew } = await begin());
    if (!isNew) return ensureCustomer(viewer, { gone });
  }
  // Asked again now that the operation is ours: another request may have finished its own since we looked.
  const made = await findUsable();
  if (made) {
    await closeOperation(db(), operation.id, "EXPIRED");
    return made;
  }
  const operationId = operation.id;
  const { customerId } = await attemptOperation(operation, () =>
    payments().createCustomer({ operationId, workspaceId, name, email }),
  );
  return keep(workspaceId, operation, customerId, gone);
}
