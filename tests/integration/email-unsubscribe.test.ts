/**
 * Guards that a reader is rid of what they may do without: by one click in their mail program or one press on our page,
 * never by opening a link, and without losing what they need. RFC 8058 and RFC 2369.
 */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { openCircuit, resetCircuits } from "@/tests/support/circuits";
import { runBatch } from "@/tests/support/run-batch";

const backend = await startBackend({ EMAIL_PROVIDER: "resend", EMAIL_FALLBACK_PROVIDER: "sendgrid" });
const route = await import("@/app/api/unsubscribe/route");
const { db } = await import("@/lib/db/client");
const { addSuppression } = await import("@/lib/db/email-suppressions");
const { outboxSource } = await import("@/lib/outbox/deliver");
const { enqueueMail } = await import("@/lib/outbox/enqueue");
const { renderMail } = await import("@/lib/outbox/render-mail");
const { unsubscribeToken } = await import("@/lib/outbox/unsubscribe-token");
const { readUnsubscription } = await import("@/lib/use-cases/email/read-unsubscription");
const { setUnsubscribed } = await import("@/lib/use-cases/email/set-unsubscribed");

afterEach(async () => {
  await resetCircuits();
  for (const table of ["outbox_message", "email_suppression"]) await backend.rows(`DELETE FROM ${table}`);
});
afterAll(() => backend.stop());

const address = () => `${randomUUID()}@example.com`;
const welcome = { template: "welcome", name: "Ann" } as const;
const receipt = {
  template: "receipt",
  workspaceName: "Ann's",
  number: "B-1",
  total: 1900,
  currency: "usd",
  description: null,
  paidAt: "2026-11-22T00:00:00.000Z",
} as const;

async function send(mail: Parameters<typeof renderMail>[0], to: string) {
  await enqueueMail(db(), { businessKey: randomUUID(), mail: await renderMail(mail, to) });
  await runBatch(outboxSource);
  return (await backend.mails(to))[0];
}
const statuses = async (to: string) =>
  (
    await backend.rows<{ status: string }>(
      "SELECT status FROM outbox_message WHERE recipient = $1 ORDER BY created_at",
      [to.toLowerCase()],
    )
  ).map(({ status }) => status);

/** As a mail program does it, with the header's address and the body that the RFC asks for. */
const oneClick = (url: string) =>
  route.POST(
    new Request(url, { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) }),
  );
const headerUrl = (headers: Record<string, string> | undefined) =>
  /^<(.+)>$/.exec(headers?.["List-Unsubscribe"] ?? "")?.[1] ?? "";

describe.each(["resend", "sendgrid"])("a mail that its reader may do without, by %s", (vendor) => {
  test("carries what a mail program needs, and a link for people", async () => {
    if (vendor === "sendgrid") await openCircuit("resend");
    const mail = await send(welcome, address());
    expect(mail?.provider).toBe(vendor);
    expect(mail?.headers["List-Unsubscribe-Post"]).toBe("List-Unsubscribe=One-Click");
    expect(headerUrl(mail?.headers)).toMatch(/^http:\/\/localhost:3999\/api\/unsubscribe\?token=[\w-]+$/);
    expect(mail?.html).toMatch(/href="http:\/\/localhost:3999\/unsubscribe\?token=[\w-]+"/);
    expect(mail?.text).toMatch(/Unsubscribe http:\/\/localhost:3999\/unsubscribe\?token=/);
  });

  test("comes no more after one click; a receipt does", async () => {
    const to = `Ann.${address()}`;
    const mail = await send(welcome, to);
    const response = await oneClick(headerUrl(mail?.headers));
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect((await oneClick(headerUrl(mail?.headers))).status).toBe(200);
    if (vendor === "sendgrid") await openCircuit("resend");
    await send(welcome, to.toUpperCase());
    await send(receipt, to);
    expect(await statuses(to)).toEqual(["SENT", "SUPPRESSED", "SENT"]);
    const [kept] = await backend.rows("SELECT last_error FROM outbox_message WHERE status = 'SUPPRESSED'");
    expect(kept).toEqual({ last_error: "its reader has unsubscribed" });
  });
});

describe("a mail that its reader needs", () => {
  test("has neither header nor link", async () => {
    const mail = await send(receipt, address());
    expect(mail?.headers).toEqual({});
    expect(mail?.html).not.toContain("nsubscribe");
  });
});

describe("the link", () => {
  test("changes nothing by being opened: the header's leads to the page, and the page asks", async () => {
    const to = address();
    const url = headerUrl((await send(welcome, to))?.headers);
    const opened = route.GET(new Request(url));
    expect(opened.status).toBe(303);
    expect(opened.headers.get("location")).toBe(`/unsubscribe${new URL(url).search}`);
    const token = new URL(url).searchParams.get("token") ?? "";
    expect(await readUnsubscription(token)).toEqual({
      address: `${to.slice(0, 1)}…@example.com`,
      mails: "mails that welcome you and show you around",
      isUnsubscribed: false,
    });
    expect(await backend.rows("SELECT 1 FROM email_suppression")).toEqual([]);
  });

  test("is taken back by its page, and that takes back nothing else", async () => {
    const to = address();
    const token = unsubscribeToken({ address: to, category: "welcome" });
    await setUnsubscribed({ token, unsubscribed: true });
    expect(await readUnsubscription(token)).toMatchObject({ isUnsubscribed: true });
    await setUnsubscribed({ token, unsubscribed: false });
    expect(await readUnsubscription(token)).toMatchObject({ isUnsubscribed: false });
    await send(welcome, to);
    expect(await statuses(to)).toEqual(["SENT"]);

    await addSuppression(db(), {
      ...{
        mode: "SANDBOX",
        address: to,
        category: null,
        reason: "bounced",
        provider: "resend",
        messageId: null,
      },
    });
    await setUnsubscribed({ token, unsubscribed: false });
    expect(await backend.rows("SELECT reason FROM email_suppression")).toEqual([{ reason: "BOUNCED" }]);
  });

  test("does not give its reader's address away, and is nobody else's", async () => {
    const token = unsubscribeToken({ address: "ann@example.com", category: "welcome" });
    expect(Buffer.from(token, "base64url").toString("latin1")).not.toContain("ann");
    const changed = `${token.slice(0, 20)}${token[20] === "A" ? "B" : "A"}${token.slice(21)}`;
    for (const bad of ["", "x", changed, token.slice(0, -4), "../../etc", `${token}${token}`]) {
      const response = await oneClick(
        `http://localhost/api/unsubscribe?${new URLSearchParams({ token: bad })}`,
      );
      expect([response.status, await response.text()], bad).toEqual([400, ""]);
      expect(await readUnsubscription(bad)).toBeNull();
    }
    expect((await oneClick("http://localhost/api/unsubscribe")).status).toBe(400);
    expect(await backend.rows("SELECT 1 FROM email_suppression")).toEqual([]);
  });

  test.each(["receipt", "reset-password", "no-such-mail"])(
    "ends no mail that is needed: %s",
    async (category) => {
      const token = unsubscribeToken({ address: "ann@example.com", category });
      expect(await readUnsubscription(token)).toBeNull();
      await expect(setUnsubscribed({ token, unsubscribed: true })).rejects.toMatchObject({
        code: "invalid_input",
      });
      expect(await backend.rows("SELECT 1 FROM email_suppression")).toEqual([]);
    },
  );

  test("works for years: nothing in it ends", async () => {
    const token = unsubscribeToken({ address: "ann@example.com", category: "welcome" });
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2036-01-01") });
    expect((await oneClick(`http://localhost/api/unsubscribe?token=${token}`)).status).toBe(200);
    vi.useRealTimers();
  });

  test("asks a mail program to come again while the database is away", async () => {
    const token = unsubscribeToken({ address: "ann@example.com", category: "welcome" });
    await backend.rows("ALTER TABLE email_suppression RENAME TO email_suppression_away");
    const response = await oneClick(`http://localhost/api/unsubscribe?token=${token}`);
    await backend.rows("ALTER TABLE email_suppression_away RENAME TO email_suppression");
    expect([response.status, response.headers.get("retry-after"), await response.text()]).toEqual([
      503,
      "60",
      "",
    ]);
  });
});
