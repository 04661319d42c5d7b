import { randomUUID } from "node:crypto";
import type { Viewer } from "@/lib/billing/views";
import { recordAudit } from "@/lib/db/audit-log";
import { type Database, db } from "@/lib/db/client";
import { AppError } from "@/lib/errors/app-error";
import { type IntegrationErrorKind, isIntegrationError } from "@/lib/errors/integration-error";
import { monitoring } from "@/lib/integrations/monitoring";
import { onCall } from "@/lib/integrations/oncall";
import { payments } from "@/lib/integrations/payments";
import { enqueueAlert, enqueueMail } from "@/lib/outbox/enqueue";
import { renderMail } from "@/lib/outbox/render-mail";

/** What of a capability can be tried by hand. */
export type TestedCapability = "payments" | "email" | "on-call" | "monitoring";

export type TestResult =
  | { kind: "answered"; durationMs: number }
  | {
      kind: "failed";
      failure: IntegrationErrorKind;
      durationMs: number;
      status: number | null;
      requestId: string | null;
    }
  /** It goes out with the outbox, like everything else of its kind. */
  | { kind: "queued" }
  /** Handed over to somebody who does not say what became of it. */
  | { kind: "reported" };

/** Milliseconds; what was reported is delivered by then, or later. */
const FLUSH_MS = 2_000;

/** The newest events of this moment: authenticated, cheap, and changes nothing. */
async function readPayments(): Promise<TestResult> {
  const startedAt = performance.now();
  const durationMs = () => performance.now() - startedAt;
  try {
    await payments().listEventsPage({ since: new Date(), cursor: null });
    return { kind: "answered", durationMs: durationMs() };
  } catch (error) {
    if (!isIntegrationError(error)) throw error;
    const { kind: failure, status, requestId } = error;
    return { kind: "failed", failure, durationMs: durationMs(), status, requestId };
  }
}

async function reportToMonitoring(): Promise<TestResult> {
  monitoring().captureAlert({
    severity: "warning",
    cause: "operator-test",
    title: "A test from the operator console",
  });
  await monitoring().flush(FLUSH_MS);
  return { kind: "reported" };
}

/** A mail to the operator's own address, as any mail goes. */
async function prepareTestMail(viewer: Viewer): Promise<(tx: Database) => Promise<unknown>> {
  const mail = await renderMail({ template: "operator-test", name: viewer.name }, viewer.email);
  return (tx) => enqueueMail(tx, { businessKey: `operator-test:${randomUUID()}`, mail });
}

function enqueueTestAlert(tx: Database): Promise<void> {
  if (onCall() === null) {
    throw new AppError("not_found", { userMessage: "Nobody is on call: no webhook is set up." });
  }
  return enqueueAlert(tx, {
    alertId: randomUUID(),
    severity: "warning",
    title: "A test from the operator console",
    text: "Somebody tried whether alerts arrive here. They do, and there is nothing to do.",
    path: "/admin/integrations",
  });
}

/**
 * Tries a capability on purpose and notes who did so and what came of it. What goes out with the outbox is enqueued
 * in the transaction of its audit entry.
 */
export async function testIntegration(input: {
  viewer: Viewer;
  capability: TestedCapability;
}): Promise<TestResult> {
  const { viewer, capability } = input;
  const note = (tx: Database, result: TestResult) =>
    recordAudit(tx, {
      workspaceId: null,
      actorId: viewer.userId,
      action: "integration.tested",
      detail: { capability, ...result },
    });
  if (capability === "email" || capability === "on-call") {
    const enqueue = capability === "email" ? await prepareTestMail(viewer) : enqueueTestAlert;
    const queued: TestResult = { kind: "queued" };
    await db().$transaction(async (tx) => {
      await enqueue(tx);
      await note(tx, queued);
    });
    return queued;
  }
  const result = capability === "payments" ? await readPayments() : await reportToMonitoring();
  await note(db(), result);
  return result;
}
