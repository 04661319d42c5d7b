/** Guards what operators find of the outbox: every mail that is asked for, once, in order, without reading the rest. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { COMMAND_KINDS, reportWords } from "@/app/(admin)/admin/emails/_view/mail-words";
import type { ListPart } from "@/lib/db/keyset";
import type { MailFilter } from "@/lib/db/mail-console";
import { newViewer, startBackend } from "@/tests/support/backend";
import { asking, insertMessage, type OutboxRow } from "@/tests/support/outbox-rows";

const backend = await startBackend();
const { askedMails } = await import("@/app/(admin)/admin/emails/_view/asked-mails");
const { countMails, listCategories, listMails } = await import("@/lib/db/mail-console");
const { getMailLife } = await import("@/lib/db/mail-life");
const { enqueueMail } = await import("@/lib/outbox/enqueue");
const { db } = await import("@/lib/db/client");
const { resendDeliveryHandlers } = await import("@/lib/webhooks/handlers/resend/delivery");
const { sendGridDeliveryHandlers } = await import("@/lib/webhooks/handlers/sendgrid/delivery");

afterAll(() => backend.stop());

const NEWEST: ListPart = { kind: "newest" };

const insert = (row: OutboxRow = {}) => insertMessage(backend.rows, row);

async function idsOf(filter: Partial<MailFilter>): Promise<string[]> {
  return (await listMails(asking(filter), NEWEST, 25)).rows.map(({ id }) => id);
}

beforeEach(async () => {
  await backend.rows("DELETE FROM outbox_message WHERE business_key LIKE 'test:%'");
});

describe("the list of mails", () => {
  test("is newest first, and leaves out commands unless it is asked for them", async () => {
    const older = await insert({ minutes: 2 });
    const newer = await insert({ minutes: 1 });
    const expiry = await insert({ kind: "EXPIRE_CHECKOUT", minutes: 4 });
    const cancel = await insert({ kind: "CANCEL_SUBSCRIPTION", minutes: 3 });
    expect(await idsOf({})).toEqual([newer, older]);
    expect(await idsOf({ kinds: COMMAND_KINDS })).toEqual([cancel, expiry]);
    expect(await idsOf({ kinds: ["expire_checkout"] })).toEqual([expiry]);
  });

  test("is narrowed by each condition, and by several at once", async () => {
    const workspaceId = randomUUID();
    const id = await insert({
      status: "DEAD",
      delivery: "BOUNCED",
      category: "receipt",
      recipient: "ann@example.com",
      provider: "resend",
      workspaceId,
      externalId: "message-1",
      minutes: 30,
    });
    await insert({ category: "welcome", recipient: "bob@example.com", provider: "sendgrid" });
    const each: Partial<MailFilter> = {
      status: "dead",
      delivery: "bounced",
      category: "receipt",
      recipient: "ann@example.com",
      provider: "resend",
      workspaceId,
      reference: "message-1",
      until: new Date(Date.now() - 60_000),
    };
    for (const [name, value] of Object.entries(each))
      expect(await idsOf({ [name]: value }), name).toEqual([id]);
    expect(await idsOf(each)).toEqual([id]);
    expect(await idsOf({ reference: id })).toEqual([id]);
    expect(await idsOf({ ...each, status: "sent" })).toEqual([]);
    expect(await idsOf({ from: new Date(Date.now() - 60_000) })).not.toContain(id);
  });

  test("finds addresses by how they begin, and says when more begin so than it looks at", async () => {
    const found = [
      await insert({ recipient: "ann@example.com", minutes: 1 }),
      await insert({ recipient: "anna@example.com", minutes: 2 }),
    ];
    await insert({ recipient: "ana@example.com" });
    await insert({ recipient: "joann@example.com" });
    expect(await idsOf({ recipient: "ann" })).toEqual(found);
    expect(await idsOf({ recipient: "%" })).toEqual([]);
    for (let index = 0; index < 20; index++) await insert({ recipient: `ann${index}@example.com` });
    expect(await listMails(asking({ recipient: "ann" }), NEWEST, 25)).toMatchObject({ moreRecipients: true });
    expect(await listMails(asking({ recipient: "anna" }), NEWEST, 25)).toMatchObject({
      moreRecipients: false,
    });
  });

  test("is read in pages, forth and back, each row once, also where moments are the same", async () => {
    for (let index = 0; index < 7; index++)
      await insert({ minutes: index < 4 ? 5 : 6, recipient: "ann@x.de" });
    await backend.rows("UPDATE outbox_message SET created_at = date_trunc('minute', created_at)");
    const filter = asking({ recipient: "ann@x.de" });
    const first = await listMails(filter, NEWEST, 3);
    expect(first.newerThan).toBeNull();
    if (!first.olderThan) throw new Error("there is more");
    const second = await listMails(filter, { kind: "older", than: first.olderThan }, 3);
    if (!second.olderThan || !second.newerThan) throw new Error("there is more both ways");
    const third = await listMails(filter, { kind: "older", than: second.olderThan }, 3);
    expect([first, second, third].map(({ rows }) => rows.length)).toEqual([3, 3, 1]);
    expect(new Set([first, second, third].flatMap(({ rows }) => rows.map(({ id }) => id))).size).toBe(7);
    expect(third.olderThan).toBeNull();
    const back = await listMails(filter, { kind: "newer", than: second.newerThan }, 3);
    expect(back.rows).toEqual(first.rows);
  });

  test("counts no further than anybody needs to know", async () => {
    for (let index = 0; index < 3; index++) await insert({ status: "SUPPRESSED" });
    await backend.rows(
      `INSERT INTO outbox_message (id, kind, mode, business_key, status)
       SELECT gen_random_uuid(), 'EMAIL', 'SANDBOX', 'test:' || n, 'DEAD' FROM generate_series(1, 130) AS n`,
    );
    await insert({ kind: "EXPIRE_CHECKOUT", status: "DEAD" });
    expect(await countMails()).toEqual({ dead: 100, suppressed: 3, pending: 0, deadCommands: 1 });
  });

  test("knows which templates there are", async () => {
    for (const category of ["welcome", "receipt", "receipt", null]) await insert({ category });
    await insert({ kind: "EXPIRE_CHECKOUT", category: "none" });
    expect(await listCategories()).toEqual(["receipt", "welcome"]);
  });
});

describe("what an address of the list asks for", () => {
  test("is a workspace by its id or its name, in whatever case", async () => {
    const { workspaceId } = await newViewer();
    const name = `Harbour ${workspaceId}`;
    await backend.rows("UPDATE workspace SET name = $2 WHERE id = $1", [workspaceId, name]);
    for (const workspace of [workspaceId, name, name.toUpperCase()]) {
      expect((await askedMails({ workspace })).filter, workspace).toMatchObject({ workspaceId });
    }
  });

  test("is nothing at all where it cannot be told what was meant", async () => {
    for (let index = 0; index < 2; index++) {
      const { workspaceId } = await newViewer();
      await backend.rows("UPDATE workspace SET name = 'Twins' WHERE id = $1", [workspaceId]);
    }
    const asked = async (query: Record<string, string>) => {
      const { filter, question } = await askedMails({ status: "dead", ...query });
      expect(filter).toBeNull();
      return question.errors;
    };
    expect(await asked({ workspace: "Twins" })).toEqual({ workspace: expect.stringContaining("Several") });
    expect(await asked({ workspace: "Nobody's" })).toEqual({
      workspace: expect.stringContaining("no workspace"),
    });
    expect(Object.keys(await asked({ from: "yesterday" }))).toEqual(["from"]);
  });
});

describe("the life of a mail", () => {
  const MAIL = {
    from: "Breakwater <hello@breakwater.example>",
    to: "ann@example.com",
    subject: "Choose a new password",
    html: "<p>S3CRET</p>",
    text: "S3CRET",
    category: "reset-password",
  } as const;

  test("shows what was sent, by whom, to whom", async () => {
    const id = await insert({ payload: { ...MAIL, html: "<p>Hello</p>", text: "Hello" } });
    const life = await getMailLife(id);
    expect(life?.content).toEqual({
      kind: "mail",
      from: MAIL.from,
      to: MAIL.to,
      subject: MAIL.subject,
      html: "<p>Hello</p>",
      text: "Hello",
    });
    expect(life).toMatchObject({ kind: "email", status: "sent", mode: "sandbox", isUnderWay: false });
  });

  test("never shows a secret, while it is sealed and after it was scrubbed", async () => {
    const businessKey = `test:${randomUUID()}`;
    await enqueueMail(db(), { businessKey, mail: MAIL, carriesSecret: true });
    const [{ id } = { id: "" }] = await backend.rows<{ id: string }>(
      "SELECT id FROM outbox_message WHERE business_key = $1",
      [businessKey],
    );
    const sealed = await getMailLife(id);
    expect(sealed?.content).toEqual({ kind: "secret", isScrubbed: false });
    expect(JSON.stringify(sealed)).not.toContain("S3CRET");
    await backend.rows("UPDATE outbox_message SET secret_payload = NULL WHERE id = $1", [id]);
    expect((await getMailLife(id))?.content).toEqual({ kind: "secret", isScrubbed: true });
    // Whatever else may come to stand beside it.
    await backend.rows(
      `UPDATE outbox_message SET secret_payload = '\\x00', payload = '{"html": "S3CRET"}' WHERE id = $1`,
      [id],
    );
    expect((await getMailLife(id))?.content).toEqual({ kind: "secret", isScrubbed: false });
  });

  test("says since when its content is gone", async () => {
    const at = new Date("2026-11-01T12:00:00Z");
    expect((await getMailLife(await insert({ prunedAt: at })))?.content).toEqual({ kind: "pruned", at });
  });

  test("of a command names the ids that it is about, and nothing else of it", async () => {
    const payload = { subscriptionId: "sub_1", keptSubscriptionId: "sub_2", text: "S3CRET", title: "S3CRET" };
    const life = await getMailLife(await insert({ kind: "CANCEL_DUPLICATE_SUBSCRIPTION", payload }));
    expect(life?.content).toEqual({
      kind: "command",
      ids: { subscriptionId: "sub_1", keptSubscriptionId: "sub_2" },
    });
    expect(JSON.stringify(life)).not.toContain("S3CRET");
  });

  test("tells its failures, the newest first, and what its vendor reported, by either name, as it happened", async () => {
    const id = await insert({ externalId: "message-9", payload: MAIL });
    const failed = (number: number, isLast: boolean) =>
      backend.rows(
        `INSERT INTO failed_attempt (id, work_id, number, error, is_last, at)
         VALUES (gen_random_uuid(), $1, $2, 'timeout: no answer', $3, now() - $4 * interval '1 minute')`,
        [id, number, isLast, 10 - number],
      );
    await failed(1, false);
    await failed(2, true);
    const reported = (type: string, objectId: string, minutes: number) =>
      backend.rows(
        `INSERT INTO webhook_event (id, provider, external_id, type, mode, object_id, payload, status, occurred_at)
         VALUES (gen_random_uuid(), 'resend', $1, $2, 'SANDBOX', $3, '{}', 'DONE', now() - $4 * interval '1 minute')`,
        [randomUUID(), type, objectId, minutes],
      );
    await reported("email.delivered", "message-9", 1);
    await reported("email.sent", id, 2);
    await reported("email.bounced", "message-10", 3);
    const life = await getMailLife(id);
    expect(life?.failures.map(({ number, isLast }) => [number, isLast])).toEqual([
      [2, true],
      [1, false],
    ]);
    expect(life?.reports.map(({ type }) => type)).toEqual(["email.sent", "email.delivered"]);
  });

  test("has words for every report that is handled, of either vendor", () => {
    for (const type of [...resendDeliveryHandlers.types, ...sendGridDeliveryHandlers.types]) {
      expect(reportWords(type).label, type).not.toBe(type);
    }
  });

  test("names the mails that it was sent again as, and each of them where it came from", async () => {
    const id = await insert({ payload: MAIL });
    const again = [await insert({ minutes: 2 }), await insert({ minutes: 1 })];
    for (const [index, one] of again.entries()) {
      await backend.rows("UPDATE outbox_message SET business_key = $2 WHERE id = $1", [
        one,
        `resend:${id}:${index + 1}`,
      ]);
    }
    expect(await getMailLife(id)).toMatchObject({ resentAs: again, resentFrom: null });
    expect(await getMailLife(again[0] ?? "")).toMatchObject({ resentAs: [], resentFrom: id });
    await backend.rows("DELETE FROM outbox_message WHERE business_key LIKE 'resend:%'");
  });

  test("names its workspace and the event that caused it, and says so where these are gone", async () => {
    const id = await insert({ workspaceId: randomUUID() });
    const eventId = randomUUID();
    await backend.rows("UPDATE outbox_message SET event_id = $2 WHERE id = $1", [id, eventId]);
    expect(await getMailLife(id)).toMatchObject({
      workspace: { id: expect.any(String), name: null },
      cause: { eventId, type: null },
    });
    expect(await getMailLife(randomUUID())).toBeNull();
  });
});
