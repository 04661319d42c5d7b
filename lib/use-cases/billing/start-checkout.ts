import { isLive } from "@/lib/billing/status";
import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { db } from "@/lib/db/client";
import {
  attemptOperation,
  beginOperation,
  closeOperation,
  findOperation,
  isUnderWay,
  type Operation,
  type PlanChoice,
  saveOperationResult,
} from "@/lib/db/operations";
import { findCurrentSubscription } from "@/lib/db/subscriptions";
import { appUrl } from "@/lib/env";
import { AppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { explainPaymentsFailure, type PaymentsRequest } from "@/lib/errors/payments-failure";
import { payments } from "@/lib/integrations/payments";
import type { CheckoutSnapshot } from "@/lib/integrations/payments/port";
import { ensureCustomer } from "@/lib/sync/ensure-customer";
import { requestSync } from "@/lib/sync/request-sync";
import { WAIT_MS, waitFor } from "@/lib/sync/wait-for";

/** How long a hosted checkout stays open; the vendor allows 30 minutes to 24 hours. */
const CHECKOUT_LIVES_MS = 60 * 60 * 1000;
/** A page that is about to close is not offered again. */
const REUSE_MARGIN_MS = 2 * 60 * 1000;

/**
 * Opens the hosted checkout for a plan, or the one that is open already. One open checkout per workspace: another
 * choice expires the earlier page first, and a double click, a second tab and a second member all get the same page.
 * @throws IntegrationError that says that nobody was charged, which opening a page never does; where a page was given
 * out before, that nothing new was
 */
export async function startCheckout(input: { viewer: Viewer; choice: PlanChoice }): Promise<{ url: string }> {
  const { viewer, choice } = input;
  const { workspaceId, userId } = viewer;
  await refuseSecondSubscription(workspaceId);
  const customerId = await inWords("checkout", () => ensureCustomer(viewer));

  // Three rounds: an earlier page may have to be closed first, and another request may open one meanwhile.
  for (let round = 0; round < 3; round += 1) {
    const expiresAt = new Date(Date.now() + CHECKOUT_LIVES_MS);
    const begun = await beginOperation({ workspaceId, userId, kind: "CHECKOUT", input: choice, expiresAt });
    if (begun.isNew) return inWords("checkout", () => open(begun.operation, customerId, viewer));
    const operation = await waitForAnswer(begun.operation);
    if (operation.state !== "OPEN") continue;
    const { checkoutId } = operation.result;
    const url = checkoutId
      ? await reuseGivenOut(operation, choice, checkoutId)
      : await inWords("checkout", () => reuseUnheard(operation, choice, customerId));
    if (url) return { url };
  }
  throw new AppError("conflict", {
    userMessage: "Another payment page is being opened for this workspace. Please try again in a moment.",
  });
}

async function refuseSecondSubscription(workspaceId: string, operationId?: string): Promise<void> {
  const current = await findCurrentSubscription(workspaceId);
  if (current && isLive(current.view.status)) {
    if (operationId) await closeOperation(db(), operationId, "EXPIRED");
    throw new AppError("conflict", {
      userMessage: "This workspace has a subscription already. You can change its plan on the billing page.",
    });
  }
}

async function open(operation: Operation, customerId: string, viewer: Viewer): Promise<{ url: string }> {
  const { id: operationId, workspaceId, input: choice, expiresAt } = operation;
  if (!choice || !expiresAt) throw new Error(`checkout operation ${operationId} has no choice`);
  // Asked again now that the operation is ours: an earlier payment may have been confirmed in between.
  await refuseSecondSubscription(workspaceId, operationId);
  const create = (customer: string) =>
    payments().createCheckout({
      operationId,
      workspaceId,
      customerId: customer,
      ...choice,
      expiresAt,
      successUrl: `${appUrl()}/billing/return?operation=${operationId}`,
      cancelUrl: `${appUrl()}/billing?checkout=cancelled`,
    });
  const checkout = await attemptOperation(operation, async () => {
    try {
      return await create(customerId);
    } catch (error) {
      const isMissing = isIntegrationError(error) && error.kind === "not_found";
      if (!isMissing || (await payments().hasCustomer(customerId))) throw error;
      // Deleted at the vendor, or of another account's key: a new one takes its place.
      return create(await ensureCustomer(viewer, { gone: customerId }));
    }
  });
  return keep(operation, checkout);
}

async function keep(operation: Operation, checkout: CheckoutSnapshot): Promise<{ url: string }> {
  if (!checkout.url) {
    throw new AppError("conflict", {
      userMessage: "This payment page has been used already. Please reload to see where things stand.",
    });
  }
  await saveOperationResult(operation.id, { checkoutId: checkout.id, url: checkout.url });
  await recordAudit(db(), {
    workspaceId: operation.workspaceId,
    action: "checkout.opened",
    detail: { operationId: operation.id, checkoutId: checkout.id },
  });
  return { url: checkout.url };
}

async function inWords<T>(request: PaymentsRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainPaymentsFailure(error, request);
  }
}

/** Whether an open checkout is what is asked for, and stays open long enough. */
function isOffered({ input, expiresAt }: Operation, choice: PlanChoice): boolean {
  const isSame = input?.planKey === choice.planKey && input.interval === choice.interval;
  return isSame && (expiresAt?.getTime() ?? 0) - Date.now() > REUSE_MARGIN_MS;
}

/**
 * What to do about a page that somebody was sent to: its URL, or null once it is closed and a new one may begin. It may
 * be paid, expired or gone by now.
 */
async function reuseGivenOut(
  operation: Operation,
  choice: PlanChoice,
  checkoutId: string,
): Promise<string | null> {
  try {
    const isWanted = isOffered(operation, choice);
    if (!isWanted) await payments().refuseIfOpen("write", "checkout.create");
    const found = await payments().getCheckout(checkoutId);
    if (isWanted && found?.state === "open" && found.url) return found.url;
    return await closeEarlier(operation, found);
  } catch (error) {
    // Whoever has paid there is promised that it will show: then it is also looked for.
    if (isIntegrationError(error)) await requestSync("checkout", checkoutId);
    throw explainPaymentsFailure(error, "checkout_again");
  }
}

/** The same where no answer was kept: its maker died or never heard one, and nobody was sent to a page. */
async function reuseUnheard(
  operation: Operation,
  choice: PlanChoice,
  customerId: string,
): Promise<string | null> {
  await payments().refuseIfOpen("write", "checkout.create");
  const found = await payments().findCheckoutByOperation({ customerId, operationId: operation.id });
  if (found?.state === "open" && isOffered(operation, choice)) return (await keep(operation, found)).url;
  return closeEarlier(operation, found);
}

/** Expires an earlier page, if there is one, unless it was paid meanwhile. */
async function closeEarlier(operation: Operation, found: CheckoutSnapshot | null): Promise<null> {
  const checkout =
    found && (await payments().expireCheckout({ checkoutId: found.id, operationId: operation.id }));
  if (checkout?.state === "complete") {
    // Its confirmation may have been lost: it is looked for, so that nobody who has paid stays without.
    await requestSync("checkout", checkout.id);
    throw new AppError("conflict", {
      userMessage:
        "A payment for this workspace was just made and is being confirmed. Please reload in a moment.",
    });
  }
  await closeOperation(db(), operation.id, "EXPIRED");
  return null;
}

/**
 * Gives the request that began the operation time to keep the vendor's answer.
 * @throws AppError "conflict" when that request may still be on its way.
 */
async function waitForAnswer(met: Operation): Promise<Operation> {
  const answered = await waitFor(isUnderWay(met) ? WAIT_MS : 0, async () => {
    const operation = await findOperation(met.workspaceId, met.id);
    return operation && (!isUnderWay(operation) || operation.result.checkoutId) ? operation : null;
  });
  if (answered) return answered;
  throw new AppError("conflict", {
    userMessage: "The payment page is being opened right now. Please try again in a moment.",
  });
}
