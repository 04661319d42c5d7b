import { randomUUID } from "node:crypto";
import type { Viewer } from "@/lib/billing/views";
import { db } from "@/lib/db/client";
import { isSandbox } from "@/lib/env";
import { AppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { payments } from "@/lib/integrations/payments";
import { enqueueAlert, enqueueMail } from "@/lib/outbox/enqueue";
import { renderMail } from "@/lib/outbox/render-mail";
import { withRequestContext } from "@/lib/request-context";

const CALLS_OF_EACH = 10;
const MESSAGES = 10;
/** Milliseconds, as for somebody who waits at a screen. */
const OVERALL_MS = 10_000;

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** Reads, and writes about a payment page that does not exist: the provider is asked and nothing changes there. */
async function callPayments(): Promise<void> {
  const settled = await withRequestContext({ origin: "interactive", overallMs: OVERALL_MS }, () =>
    Promise.allSettled([
      ...times(CALLS_OF_EACH, () => payments().listEventsPage({ since: new Date(), cursor: null })),
      ...times(CALLS_OF_EACH, () =>
        payments().expireCheckout({ checkoutId: `none-${randomUUID()}`, operationId: randomUUID() }),
      ),
    ]),
  );
  // That the provider fails is what this is for; anything else is a mistake of ours.
  const mistake = settled.find(
    (one): one is PromiseRejectedResult => one.status === "rejected" && !isIntegrationError(one.reason),
  );
  if (mistake) throw mistake.reason;
}

async function sendMails(viewer: Viewer): Promise<void> {
  const mail = await renderMail({ template: "operator-test", name: viewer.name }, viewer.email);
  for (const businessKey of times(MESSAGES, () => `operator-test:${randomUUID()}`)) {
    await enqueueMail(db(), { businessKey, mail });
  }
}

async function sendAlerts(): Promise<void> {
  for (const alertId of times(MESSAGES, randomUUID)) {
    await enqueueAlert(db(), {
      alertId,
      severity: "warning",
      title: "Traffic from the chaos panel",
      text: "One of several alerts that were sent to see a breaker open. There is nothing to do.",
      path: "/admin/integrations",
    });
  }
}

/**
 * A handful of harmless calls at once, so that a breaker can be seen opening without a visitor. Of the sandbox only.
 * @throws AppError not_found outside of it
 */
export async function makeTraffic(input: {
  viewer: Viewer;
  capability: "payments" | "email" | "on-call";
}): Promise<void> {
  if (!isSandbox) throw new AppError("not_found", { userMessage: "There is no sandbox here." });
  switch (input.capability) {
    case "payments":
      return callPayments();
    case "email":
      return sendMails(input.viewer);
    case "on-call":
      return sendAlerts();
    default:
      return input.capability satisfies never;
  }
}
