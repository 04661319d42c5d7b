import type { Viewer } from "@/lib/billing/views";
import { ensureBillingCustomer, findCustomerId } from "@/lib/db/billing-customers";
import { db } from "@/lib/db/client";
import { beginOperation, closeOperation, type Operation } from "@/lib/db/operations";
import { payments } from "@/lib/integrations/payments";

/** Stripe and its like keep idempotency keys for a day; past this, an operation is looked up before it is made again. */
const KEY_LIVES_MS = 23 * 60 * 60 * 1000;

async function create(operation: Operation, viewer: Viewer): Promise<string> {
  const { id: operationId } = operation;
  const { email, workspaceId, workspaceName: name } = viewer;
  if (Date.now() - operation.createdAt.getTime() > KEY_LIVES_MS) {
    const found = await payments().findCustomerByOperation({ operationId, email });
    if (found) return found.customerId;
  }
  return (await payments().createCustomer({ operationId, workspaceId, name, email })).customerId;
}

/** The payments vendor's customer of a workspace, made once however many ask at a time. */
export async function ensureCustomer(viewer: Viewer): Promise<string> {
  const { workspaceId, userId } = viewer;
  const known = await findCustomerId(workspaceId);
  if (known) return known;
  const { operation } = await beginOperation({ workspaceId, userId, kind: "CREATE_CUSTOMER", input: null });
  // Whoever met an open operation uses the same key: the vendor answers both with one customer.
  const customerId = await create(operation, viewer);
  return db().$transaction(async (tx) => {
    const row = await ensureBillingCustomer(tx, { workspaceId, customerId });
    await closeOperation(tx, operation.id, "SUCCEEDED");
    return row.externalId;
  });
}
