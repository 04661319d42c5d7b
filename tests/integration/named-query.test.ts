/** Guards statements that are planned once a connection, on databases whose connections forget. */
import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";

const backend = await startBackend();
const { ingressPool, pool } = await import("@/lib/db/client");
const { namedQuery, namedStatement } = await import("@/lib/db/named-query");
const { insertWebhookEvent } = await import("@/lib/db/webhook-events");
const { payments } = await import("@/lib/integrations/payments");

afterAll(() => backend.stop());

const store = (externalId: string) =>
  insertWebhookEvent({
    ...{ provider: payments().scope.provider, account: "", externalId, type: "product.updated" },
    ...{ mode: "SANDBOX", apiVersion: null, objectId: null, payload: "{}", operationId: null },
    ...{ occurredAt: new Date(), status: "IGNORED" },
  });
const stored = async (externalId: string) =>
  (await backend.rows("SELECT id FROM webhook_event WHERE external_id = $1", [externalId])).length;
/** One after the other, these use one and the same connection. */
const prepared = async () =>
  (
    await ingressPool().query<{ name: string }>(
      "SELECT name FROM pg_prepared_statements WHERE name LIKE 'breakwater%'",
    )
  ).rows;

test("another statement has another name: an older version of the app never means another one by it", () => {
  const [one, other] = [namedStatement("SELECT 1"), namedStatement("SELECT 2")];
  expect(one.name).not.toBe(other.name);
  expect(namedStatement("SELECT 1").name).toBe(one.name);
  // PostgreSQL cuts off what is longer.
  expect(one.name.length).toBeLessThan(64);
});

test("an event is stored by a statement that its connection knows", async () => {
  await store(randomUUID());
  expect(await prepared()).toHaveLength(1);
});

test("what else goes wrong is an error, and is not sent again", async () => {
  await expect(namedQuery(pool(), namedStatement("SELECT 1 / $1::int"), [0])).rejects.toMatchObject({
    code: "22012",
  });
});

test("a connection that has become another one, as behind a pooler, stores the event once all the same; from then on none is named", async () => {
  await ingressPool().query("DEALLOCATE ALL");
  const externalId = randomUUID();
  await store(externalId);
  expect(await stored(externalId)).toBe(1);
  await store(randomUUID());
  expect(await prepared()).toEqual([]);
});
