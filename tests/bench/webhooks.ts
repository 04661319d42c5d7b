/** Webhook acknowledgements against a bare route that stores the same bytes. */
import { createHmac, randomUUID } from "node:crypto";
import { expectNoErrors, interleave, type LoadRequest, runLoad } from "./load";

const CONNECTIONS = [1, 16, 64];
const ROUND_MS = 4_000;
const ROUNDS = 3;

/** An event of a common size (about 3.5 kB) and of a type that is stored and not processed: the acknowledgement alone. */
function eventBody(apiVersion: string): string {
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
    type: "product.updated",
    data: { object: { id: "prod_bench", object: "product", metadata } },
  });
}

function signed(apiVersion: string, secret: string): LoadRequest {
  const body = eventBody(apiVersion);
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

export async function benchWebhooks(input: {
  ours: string;
  floor: string;
  secret: string;
  apiVersion: string;
}): Promise<string[]> {
  const next = () => signed(input.apiVersion, input.secret);
  const rows: string[] = [];
  for (const connections of CONNECTIONS) {
    const load = (url: string) => () => runLoad({ url, connections, milliseconds: ROUND_MS, next });
    await load(input.floor)();
    await load(input.ours)();
    const { ours, floor, ratio } = await interleave({
      rounds: ROUNDS,
      ours: load(input.ours),
      floor: load(input.floor),
    });
    expectNoErrors(input.ours, ours);
    expectNoErrors(input.floor, floor);
    rows.push(
      `| ${connections} | ${ours.requestsPerSecond.toFixed(0)} | ${floor.requestsPerSecond.toFixed(0)} | ${ratio.toFixed(2)} | ${ours.p50.toFixed(1)} / ${ours.p99.toFixed(1)} | ${floor.p50.toFixed(1)} / ${floor.p99.toFixed(1)} |`,
    );
  }
  return [
    "| connections | acks/s | floor/s | ratio | p50 / p99 ms | floor p50 / p99 ms |",
    "|---|---|---|---|---|---|",
    ...rows,
  ];
}
