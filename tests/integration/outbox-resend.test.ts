/** Guards that an operator may send a mail once more, and only what it is right to send once more. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { newViewer, startBackend } from "@/tests/support/backend";
import { runBatch } from "@/tests/support/run-batch";

const backend = await startBackend();
const { db } = await import("@/lib/db/client");
const { addSuppression } = await import("@/lib/db/email-suppressions");
const { listResends, MAXIMUM_RESENDS } = await import("@/lib/db/mail-resends");
const { enqueueAuthMail } = await import("@/lib/outbox/auth-mail");
const { outboxSource } = await import("@/lib/outbox/deliver");
const { enqueueCancelSubscription, enqueueMail } = await import("@/lib/outbox/enqueue");
const { renderMail } = await import("@/lib/outbox/render-mail");
const { resendMail } = await import("@/lib/use-cases/operations/resend-mail");

let viewer: Viewer;
beforeAll(async () => {
  viewer = await newViewer();
  // Their own welcome is nothing to these tests.
  await backend.rows("DELETE FROM outbox_message");
});
afterEach(() => backend.rows("DELETE FROM outbox_message"));
afterAll(() => backend.stop());

const work = () => runBatch(outboxSource);
const address = () => `${randomUUID()}@example.com`;

async function enqueueWelcome(to: string): Promise<string> {
  const mail = await renderMail({ template: "welcome", name: "Ann" }, to);
  await enqueueMail(db(), { businessKey: `welcome:${to}`, mail, workspaceId: viewer.workspaceId });
  const [row] = await rows();
  return row?.id ?? "";
}

interface Row {
  id: string;
  businessKey: string;
  status: string;
  workspaceId: string | null;
  recipient: string;
  subject: string;
  payload: unknown;
}
const rows = () =>
  backend.rows<Row>(
    `SELECT id, business_key AS "businessKey", status, workspace_id AS "workspaceId", recipient, subject, payload
       FROM outbox_message ORDER BY created_at, id`,
  );

describe("a mail that is sent again", () => {
  test.each(["SENT", "DEAD", "SUPPRESSED"])(
    "is a message of its own, word for word, and is noted: it was %s",
    async (status) => {
      const to = address();
      const messageId = await enqueueWelcome(to);
      await work();
      await backend.rows("UPDATE outbox_message SET status = $1::outbox_status", [status]);
      const { id } = await resendMail({ viewer, messageId, seenResends: 0 });
      const [first, again] = await rows();
      expect(again).toEqual({
        ...{ id, status: "PENDING", businessKey: `resend:${messageId}:1`, recipient: to },
        ...{ workspaceId: viewer.workspaceId, subject: first?.subject, payload: first?.payload },
      });
      await work();
      const mails = await backend.mails(to);
      expect(mails).toHaveLength(2);
      expect(mails[0]?.html).toBe(mails[1]?.html);
      expect(mails[0]?.headers).toEqual(mails[1]?.headers);
      const audit = await backend.rows(
        "SELECT workspace_id, detail FROM audit_log WHERE actor_id = $1 AND detail->>'messageId' = $2",
        [viewer.userId, messageId],
      );
      expect(audit).toEqual([
        { workspace_id: viewer.workspaceId, detail: { messageId, resentAs: id, place: 1 } },
      ]);
    },
  );

  test("by two presses of one button is sent once; by another look, once more", async () => {
    const to = address();
    const messageId = await enqueueWelcome(to);
    await work();
    const ask = (seenResends: number) => resendMail({ viewer, messageId, seenResends });
    const answers = await Promise.all([ask(0), ask(0), ask(0)]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await listResends(messageId)).toHaveLength(1);
    await ask(1);
    expect(await listResends(messageId)).toHaveLength(2);
    expect(await rows()).toHaveLength(3);
  });

  test("is still kept back from whoever is not written to", async () => {
    const to = address();
    const messageId = await enqueueWelcome(to);
    await work();
    await addSuppression(db(), {
      ...{ mode: "SANDBOX", address: to, category: null, reason: "bounced", provider: "resend", messageId },
    });
    await resendMail({ viewer, messageId, seenResends: 0 });
    await work();
    expect((await rows()).map(({ status }) => status)).toEqual(["SENT", "SUPPRESSED"]);
    expect(await backend.mails(to)).toHaveLength(1);
  });
});

describe("a mail that is not sent again, and why", () => {
  const refusal = (messageId: string, seenResends = 0) =>
    resendMail({ viewer, messageId, seenResends }).then(
      () => "was sent",
      (error: { code: string; userMessage: string }) => `${error.code}: ${error.userMessage}`,
    );

  test("it carried a secret", async () => {
    await enqueueAuthMail({ kind: "reset-password", to: address(), name: "Ann", token: "a-token-of-a-test" });
    await work();
    expect(await refusal((await rows())[0]?.id ?? "")).toMatch(/^conflict: This mail carried a secret link/);
    expect(await rows()).toHaveLength(1);
  });

  test("what it said is not kept any more", async () => {
    const messageId = await enqueueWelcome(address());
    await work();
    await backend.rows("UPDATE outbox_message SET payload = NULL, payload_pruned_at = now()");
    expect(await refusal(messageId)).toMatch(/^conflict: What this mail said is not kept/);
  });

  test("it is on its way", async () => {
    expect(await refusal(await enqueueWelcome(address()))).toMatch(
      /^conflict: This mail is still on its way/,
    );
  });

  test("it was sent again often enough", async () => {
    const messageId = await enqueueWelcome(address());
    await work();
    expect(await refusal(messageId, MAXIMUM_RESENDS)).toMatch(/^conflict: This mail was sent again often/);
  });

  test("there is none: by another id, of another kind, of another mode", async () => {
    expect(await refusal(randomUUID())).toMatch(/^not_found/);
    await enqueueCancelSubscription(db(), { subscriptionId: "sub_1", workspaceId: viewer.workspaceId });
    expect(await refusal((await rows())[0]?.id ?? "")).toMatch(/^not_found/);
    await backend.rows("DELETE FROM outbox_message");
    const messageId = await enqueueWelcome(address());
    await backend.rows("UPDATE outbox_message SET status = 'SENT', mode = 'LIVE'");
    expect(await refusal(messageId)).toMatch(/^not_found/);
  });
});
