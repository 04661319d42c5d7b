/**
 * A process of the app's backend, on a database and stand-ins that its parent names in the environment: works off what
 * is due, or takes webhooks. It may be told to stop itself somewhere (see reliability-points.ts) or to be wrong on
 * purpose, so that a test can show that it would notice.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { stopAt } from "./reliability-points";
import type { WorkerOrder, WorkerReport, WorkerSettings } from "./reliability-workers";

/** Between two looks while nothing is due; a process of the app is woken instead. */
const LOOK_EVERY_MS = 50;
const FLUSH_MS = 1_000;

const settings: WorkerSettings = JSON.parse(process.env.RELIABILITY_SETTINGS ?? "");
/** Nothing may outlive the parent. */
process.on("disconnect", () => process.exit());

const tell = (report: WorkerReport) => process.send?.(report);

/** The mistake of taking the fence after the vendor was read: what was read first may then be written last. */
async function takeFenceLate(): Promise<void> {
  const { nextFence } = await import("@/lib/db/fence");
  const { payments } = await import("@/lib/integrations/payments");
  const { recordSubscription } = await import("@/lib/sync/sync-subscription");
  const { subscriptionHandlers } = await import("@/lib/webhooks/handlers/stripe/subscription");
  subscriptionHandlers.handle = async ({ objectId }, finish) => {
    const snapshot = await payments().getSubscription(objectId);
    const fence = await nextFence();
    if (snapshot) await recordSubscription({ snapshot, fence, finish });
  };
}

async function work(): Promise<void> {
  const { pump } = await import("@/lib/webhooks/process");
  const { flushTelemetry } = await import("@/lib/flush-telemetry");
  if (settings.mutant === "late fence") await takeFenceLate();
  let isWanted = false;
  let wake: () => void = () => undefined;
  process.on("message", (order: WorkerOrder) => {
    isWanted = order === "run";
    wake();
  });
  // As a long-lived process of the app does it.
  setInterval(() => void flushTelemetry(), FLUSH_MS);
  tell({ kind: "ready", port: null });
  for (;;) {
    if (!isWanted) {
      tell({ kind: "resting" });
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    const { processed, failed } = await pump.run();
    if (processed + failed > 0) tell({ kind: "ran", processed, failed });
    else await wait(LOOK_EVERY_MS);
  }
}

/** The route of the payments vendor without Next around it: what it is made of, and nothing that starts the pump. */
async function receive(): Promise<void> {
  const { payments } = await import("@/lib/integrations/payments");
  const { paymentsEventRow } = await import("@/lib/webhooks/payments-event");
  const { receiveWebhook } = await import("@/lib/webhooks/receive");
  const { scope, verifyWebhook } = payments();
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = new Request("http://localhost/api/webhooks/stripe", {
      method: "POST",
      headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]),
      body: Buffer.concat(chunks),
    });
    const response = await receiveWebhook(
      request,
      scope.provider,
      verifyWebhook,
      paymentsEventRow,
      () => undefined,
    );
    outgoing.writeHead(response.status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  tell({ kind: "ready", port: (server.address() as AddressInfo).port });
}

if (settings.stop) stopAt(settings.stop.at, settings.stop.by);
await (settings.role === "receive" ? receive() : work());
