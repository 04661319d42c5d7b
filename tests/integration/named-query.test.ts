/** Guards statements that are planned once a connection, on databases whose connections forget. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { processSingleton } from "@/lib/process-singleton";
import { startBackend } from "@/tests/support/backend";

const backend = await startBackend();
const { ingressPool, pool } = await import("@/lib/db/client");
const { namedQuery, namedStatement } = await import("@/lib/db/named-query");
const { insertWebhookEvent } = await import("@/lib/db/webhook-events");
const { claimWebhookEvents } = await import("@/lib/db/webhook-claims");
const { payments } = await import("@/lib/integrations/payments");

afterAll(() => backend.stop());

const store = (externalId: string, status: "IGNORED" | "PENDING" = "IGNORED") =>
  insertWebhookEvent({
    ...{ provider: payments().scope.provider, account: "", externalId, type: "product.updated" },
    ...{ mode: "SANDBOX", apiVersion: null, objectId: null, payload: "{}", operationId: null },
    ...{ occurredAt: new Date(), status },
  });
const stored = async (externalId: string) =>
  (await backend.rows("SELECT id FROM webhook_event WHERE external_id = $1", [externalId])).length;
const KNOWN = "SELECT name FROM pg_prepared_statements WHERE name LIKE 'breakwater%'";
/** One after the other, queries use one and the same connection. */
const known = async () => (await ingressPool().query<{ name: string }>(KNOWN)).rows;

test("another statement has another name: an older version of the app never means another one by it", () => {
  const [one, other] = [namedStatement("SELECT 1"), namedStatement("SELECT 2")];
  expect(one.name).not.toBe(other.name);
  expect(namedStatement("SELECT 1").name).toBe(one.name);
  // PostgreSQL cuts off what is longer.
  expect(one.name.length).toBeLessThan(64);
});

test("an event is stored by a statement that its connection knows", async () => {
  await store(randomUUID());
  expect(await known()).toHaveLength(1);
});

test("what else goes wrong is an error, and is not sent again", async () => {
  const sent = vi.spyOn(pool(), "query");
  const failing = namedQuery(pool(), namedStatement("SELECT 1 / $1::int"), [0]);
  await expect(failing).rejects.toMatchObject({ code: "22012" });
  expect(sent).toHaveBeenCalledTimes(1);
  sent.mockRestore();
});

test("a statement whose columns have changed their type since is planned anew, once", async () => {
  await pool().query("CREATE TABLE changing (value integer)");
  await pool().query("INSERT INTO changing VALUES (7)");
  const statement = namedStatement("SELECT value FROM changing");
  expect((await namedQuery(pool(), statement, [])).rows).toEqual([{ value: 7 }]);
  await pool().query("ALTER TABLE changing ALTER value TYPE text");
  expect((await namedQuery(pool(), statement, [])).rows).toEqual([{ value: "7" }]);
});

describe("behind a pooler that gives each statement another connection", () => {
  const isShared = () => processSingleton("named-queries", () => ({ isShared: false }));
  beforeEach(() => {
    isShared().isShared = false;
  });

  test.each([
    ["does not know the name", async () => ingressPool().query("DEALLOCATE ALL")],
    [
      "means something else by it",
      async () => {
        const [held] = await known();
        // A connection of which the driver does not know what was prepared on it.
        const other = await ingressPool().connect();
        await other.query("DEALLOCATE ALL");
        other.release(true);
        const fresh = await ingressPool().connect();
        await fresh.query(`PREPARE ${held?.name} AS SELECT 1`);
        fresh.release();
      },
    ],
  ])("an event is stored once all the same where that one %s", async (_name, confuse) => {
    await store(randomUUID());
    expect(await known()).toHaveLength(1);
    await confuse();
    const externalId = randomUUID();
    await store(externalId);
    expect(await stored(externalId)).toBe(1);
    expect(isShared().isShared).toBe(true);
  });

  test("events are claimed all the same, and those of a claim that failed are not left leased", async () => {
    await claimWebhookEvents(5, 60_000);
    await pool().query("DEALLOCATE ALL");
    await store(randomUUID(), "PENDING");
    expect(await claimWebhookEvents(5, 60_000)).toHaveLength(1);
    expect(isShared().isShared).toBe(true);
  });

  test("nothing is named from then on", async () => {
    isShared().isShared = true;
    const sent = vi.spyOn(ingressPool(), "query");
    await store(randomUUID());
    expect(sent.mock.calls).toEqual([[expect.not.objectContaining({ name: expect.anything() })]]);
    sent.mockRestore();
  });
});
