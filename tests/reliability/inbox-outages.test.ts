/**
 * Guards the answer to a vendor: 200 says that the event is stored. While the database cannot take it, nothing but 5xx is
 * said, in good time, so that the vendor sends it again; and after that nothing is missing and nothing is there twice.
 */
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";
import { openDoor } from "@/tests/support/reliability-door";
import { startWorker, type Worker } from "@/tests/support/reliability-workers";
import { type SignedWebhook, signedWebhook } from "@/tests/support/signed-webhooks";

const ANSWER_WITHIN_MS = 5_000;
const EVENTS = 40;

const backend = await startBackend();
let door: Awaited<ReturnType<typeof openDoor>>;
let receiver: Worker;

beforeEach(async () => {
  door = await openDoor(new URL(backend.databaseUrl));
  receiver = await startWorker({ role: "receive" }, { DATABASE_URL: door.url });
});
afterEach(async () => {
  await receiver.stop();
  await door.stop();
});
afterAll(() => backend.stop());

interface Answer {
  webhook: SignedWebhook;
  status: number;
  afterMs: number;
}

async function post(webhook: SignedWebhook): Promise<Answer> {
  const since = performance.now();
  const response = await fetch(receiver.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...webhook.headers },
    body: new Uint8Array(webhook.body),
  });
  return { webhook, status: response.status, afterMs: performance.now() - since };
}

const storedIds = async () => {
  const rows = await backend.rows<{ id: string }>("SELECT external_id AS id FROM webhook_event");
  return rows.map(({ id }) => id).sort();
};
const idsOf = (webhooks: readonly SignedWebhook[]) =>
  webhooks.map(({ body }) => String(JSON.parse(body.toString()).id)).sort();

test.each([
  ["frozen", async () => door.shut(), async () => door.open()],
  ["stopped", () => door.remove(), () => door.restore()],
] as const)(
  "while the database is %s every answer is 5xx within 5 s; sent again, all of it is there",
  async (_, takeAway, giveBack) => {
    const before = await storedIds();
    const webhooks = Array.from({ length: EVENTS }, () => signedWebhook("stripe"));
    const [early, late] = [webhooks.slice(0, EVENTS / 2), webhooks.slice(EVENTS / 2)];
    for (const answer of await Promise.all(early.map(post))) expect(answer.status).toBe(200);

    await takeAway();
    const refused = await Promise.all(late.map(post));
    for (const { status, afterMs } of refused) {
      expect(status).toBeGreaterThanOrEqual(500);
      expect(afterMs).toBeLessThan(ANSWER_WITHIN_MS);
    }

    await giveBack();
    for (const { webhook } of refused)
      await eventually("the vendor to be told 200", async () => (await post(webhook)).status === 200);
    expect(await storedIds()).toEqual([...before, ...idsOf(webhooks)].sort());
  },
);
