/** Webhook acknowledgements against a bare route that stores the same bytes. */
import { createHmac, randomUUID } from "node:crypto";
import { seedSubscriptions, type VendorDesk } from "@/tests/support/reliability-vendor";
import { expectNoErrors, interleave, type LoadRequest, runLoad } from "./load";

const CONNECTIONS = [1, 16, 64];
const WARM_UP_MS = 4_000;
/** Short and many: what else the machine does comes and goes within seconds, and is to fall on both. */
const ROUND_MS = 1_000;
const ROUNDS = 15;
/** More than the pump can handle while a table is measured: whatever comes meanwhile is about one of these. */
const OBJECTS = 5_000;
const LEAST_RATIO = 0.9;
const P99_AT_MOST = 1.5;

interface About {
  type: string;
  object: string;
  id: string;
}

/** An event of a common size: about 3.5 kB. */
function eventBody(apiVersion: string, { type, object, id }: About): string {
  const metadata = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`key_${index}`, randomUUID()]),
  );
  return JSON.stringify({
    id: `evt_${randomUUID().replaceAll("-", "")}`,
    object: "event",
    api_version: apiVersion,
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: { object: { id, object, metadata } },
  });
}

function signed(apiVersion: string, secret: string, about: About): LoadRequest {
  const body = eventBody(apiVersion, about);
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      "stripe-signature": `t=${timestamp},v1=${signature}`,
    },
  };
}

/** Of a type that is stored and not processed: the acknowledgement alone. */
const unprocessed = (): About => ({ type: "product.updated", object: "product", id: "prod_bench" });

export async function benchWebhooks(input: {
  ours: string;
  floor: string;
  secret: string;
  apiVersion: string;
  desk: VendorDesk;
}): Promise<string[]> {
  const rows: string[] = [];
  let isWithinBounds = true;

  async function measure(pump: string, connections: number, about: () => About): Promise<void> {
    const next = () => signed(input.apiVersion, input.secret, about());
    const load =
      (url: string, milliseconds = ROUND_MS) =>
      () =>
        runLoad({ url, connections, milliseconds, next });
    await load(input.floor, WARM_UP_MS)();
    await load(input.ours, WARM_UP_MS)();
    const { ours, floor, ratio } = await interleave({
      rounds: ROUNDS,
      ours: load(input.ours),
      floor: load(input.floor),
    });
    expectNoErrors(input.ours, ours);
    expectNoErrors(input.floor, floor);
    const slower = ours.p99 / floor.p99;
    isWithinBounds &&= ratio >= LEAST_RATIO && slower <= P99_AT_MOST;
    rows.push(
      `| ${pump} | ${connections} | ${ours.requestsPerSecond.toFixed(0)} | ${floor.requestsPerSecond.toFixed(0)} | ${ratio.toFixed(2)} | ${ours.p50.toFixed(1)} / ${ours.p99.toFixed(1)} | ${floor.p50.toFixed(1)} / ${floor.p99.toFixed(1)} | ${slower.toFixed(2)} |`,
    );
  }

  for (const connections of CONNECTIONS) await measure("idle", connections, unprocessed);

  const ids = await seedSubscriptions(input.desk, { objects: OBJECTS, events: OBJECTS, seed: 3 });
  let sent = 0;
  const subscription = (): About => {
    sent += 1;
    const id = ids[sent % ids.length] ?? "";
    return { type: "customer.subscription.updated", object: "subscription", id };
  };
  for (const connections of CONNECTIONS) await measure("at work", connections, subscription);
  const [work] = await input.desk.rows<{ done: number; waiting: number }>(
    `SELECT count(*) FILTER (WHERE status = 'DONE')::int AS done, count(*) FILTER (WHERE status = 'PENDING')::int AS waiting
       FROM webhook_event WHERE type = 'customer.subscription.updated'`,
  );
  if (!work?.done || !work.waiting) throw new Error("the pump was not at work all the time");

  const lines = [
    "| pump | connections | acks/s | floor/s | ratio | p50 / p99 ms | floor p50 / p99 ms | p99 ratio |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
    "",
    `while it was at work it handled ${work.done} events, and ${work.waiting} were left`,
  ];
  if (!isWithinBounds) throw new Error(lines.join("\n"));
  return lines;
}
