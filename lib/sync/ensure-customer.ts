import type { Viewer } from "@/lib/billing/views";
import { ensureBillingCustomer, findCustomerId } from "@/lib/db/billing-customers";
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

async function keep(workspaceId: string, operation: Operation, customerId: string): Promise<string> {
  return db().$transaction(async (tx) => {
    const row = await ensureBillingCustomer(tx, { workspaceId, customerId });
    await closeOperation(tx, operation.id, "SUCCEEDED");
    return row.externalId;
  });
}

/** The payments vendor's customer of a workspace, made once however many ask at a time. */
export async function ensureCustomer(viewer: Viewer): Promise<string> {
  const { workspaceId, userId, email, workspaceName: name } = viewer;
  const known = await findCustomerId(workspaceId);
  if (known) return known;

  const begin = () => beginOperation({ workspaceId, userId, kind: "CREATE_CUSTOMER", input: null });
  let { operation, isNew } = await begin();
  if (!isNew && isUnderWay(operation)) {
    const made = await waitFor(WAIT_MS, () => findCustomerId(workspaceId));
    if (made) return made;
    throw new AppError("conflict", {
      userMessage: "This is being done right now. Please try again in a moment.",
    });
  }
  if (!isNew) {
    const found = await payments().findCustomerByOperation({ operationId: operation.id, email });
    if (found) return keep(workspaceId, operation, found.customerId);
    await closeOperation(db(), operation.id, "EXPIRED");
    ({ operation, isNew } = await begin());
  }
  const operationId = operation.id;
  const { customerId } = await attemptOperation(operation, () =>
    payments().createCustomer({ operationId, workspaceId, name, email }),
  );
  return keep(workspaceId, operation, customerId);
}
