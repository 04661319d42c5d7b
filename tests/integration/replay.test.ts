/** Guards replays: of one event or a filtered set, done once however often asked, noted, and never lost to a kill. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { MailFilter } from "@/lib/db/mail-console";
import type { WebhookFilter } from "@/lib/db/webhook-filter";
import { newViewer, startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";

const backend = await startBackend();
const { NO_FILTER } = await import("@/lib/db/webhook-filter");
const { claimWebhookEvents } = await import("@/lib/db/webhook-claims");
const { claimOutboxMessages } = await import("@/lib/db/outbox");
const { oldestDueSeconds } = await import("@/lib/db/health");
const { claimReplayJobs, failReplayJob, recentReplayJobs, runReplayBatch } = await import(
  "@/lib/db/replay-jobs"
);
const { isBacklogOf, replayEventBatch } = await import("@/lib/db/replay");
const { createReplayWork } = await import("@/lib/replay/replay-work");
const { replayEvent } = await import("@/lib/use-cases/operations/replay-event");
const { releaseQuarantined } = await import("@/lib/use-cases/operations/release-quarantined");
const { replayMessage } = await import("@/lib/use-cases/operations/replay-message");
const { replaySet } = await import("@/lib/use-cases/operations/replay-set");
const { pump } = await import("@/lib/webhooks/process");

const viewer = await newViewer();
const HANDLED = "customer.subscription.updated";

afterEach(async () => {
  await backend.rows("DELETE FROM replay_job");
  await backend.rows("DELETE FROM webhook_event");
  await backend.rows("DELETE FROM outbox_message");
});
afterAll(() => backend.stop());

interface EventRow {
  id: string;
  status: string;
  attempts: number;
  replays: number;
  last_error: string | null;
  processed_at: Date | null;
}

async function addEvents(count: number, columns: Partial<Record<string, string>> = {}): Promise<string[]> {
  const given = {
    type: HANDLED,
    status: "DEAD",
    mode: "SANDBOX",
    account: "",
    object_id: "sub_none",
    ...columns,
  };
  const rows = await backend.rows<{ id: string }>(
    `INSERT INTO webhook_event (id, provider, external_id, account, type, mode, object_id, payload, status, attempts, last_error,
                                occurred_at, received_at, processed_at)
     SELECT gen_random_uuid(), 'stripe', gen_random_uuid(), $2, $3, $4::provider_mode, $5 || n, '{}', $6::webhook_event_status, 7,
            'unavailable', now(), now() - interval '10 days' - n * interval '1 second', now()
       FROM generate_series(1, $1::int) AS n RETURNING id`,
    [count, given.account, given.type, given.mode, given.object_id, given.status],
  );
  return rows.map(({ id }) => id);
}

async function event(id: string): Promise<EventRow> {
  const [row] = await backend.rows<EventRow>("SELECT * FROM webhook_event WHERE id = $1", [id]);
  if (!row) throw new Error("no such event");
  return row;
}

const notes = (id: string) =>
  backend.rows<{ action: string; actor_id: string; detail: Record<string, unknown> }>(
    "SELECT action, actor_id, detail FROM audit_log WHERE event_id = $1 ORDER BY created_at",
    [id],
  );

const deadSet = (filter: Partial<WebhookFilter> = {}) => ({
  target: "INBOX" as const,
  filter: { ...NO_FILTER, ...filter, status: "dead" as const },
});

/** Works sets off until there is none left; nothing else runs. */
async function workOff(isHandled = (one: { type: string }) => one.type === HANDLED): Promise<void> {
  const work = createReplayWork(isHandled);
  await eventually("all sets to be worked off", async () => {
    const pieces = await work.claim(4);
    for (const piece of pieces) expect(await piece.run()).toBe(true);
    const [row] = await backend.rows<{ open: number }>(
      "SELECT count(*)::int AS open FROM replay_job WHERE finished_at IS NULL",
    );
    return row?.open === 0;
  });
}

describe("an event that is replayed", () => {
  test("begins anew at once, and it is noted who wanted that", async () => {
    for (const status of ["DEAD", "DONE", "IGNORED"]) {
      const [id = ""] = await addEvents(1, { status });
      await replayEvent({ viewer, id, seenReplays: 0 });
      const { last_error, processed_at, ...row } = await event(id);
      expect(row).toMatchObject({ status: "PENDING", attempts: 0, replays: 1 });
      expect([last_error, processed_at]).toEqual([null, null]);
      expect(await notes(id)).toEqual([
        {
          action: "webhook.replayed",
          actor_id: viewer.userId,
          detail: { eventId: id, from: status, to: "PENDING" },
        },
      ]);
      expect((await claimWebhookEvents(5, 60_000)).map((one) => one.id)).toEqual([id]);
      await backend.rows("DELETE FROM webhook_event");
    }
  });

  test("is replayed once by a double click, even if it is done by the second one", async () => {
    const [id = ""] = await addEvents(1);
    await Promise.all([1, 2, 3, 4].map(() => replayEvent({ viewer, id, seenReplays: 0 })));
    expect(await event(id)).toMatchObject({ status: "PENDING", replays: 1 });
    await backend.rows("UPDATE webhook_event SET status = 'DONE' WHERE id = $1", [id]);
    await replayEvent({ viewer, id, seenReplays: 0 });
    expect(await event(id)).toMatchObject({ status: "DONE", replays: 1 });
    expect(await notes(id)).toHaveLength(1);
    await replayEvent({ viewer, id, seenReplays: 1 });
    expect(await event(id)).toMatchObject({ status: "PENDING", replays: 2 });
  });

  test("has new patience: it is tried again after a failure, however long ago it came", async () => {
    const [id = ""] = await addEvents(1);
    await replayEvent({ viewer, id, seenReplays: 0 });
    const [claimed] = await claimWebhookEvents(1, 60_000);
    expect(Date.now() - (claimed?.bornAt.getTime() ?? 0)).toBeLessThan(60_000);
    expect(Date.now() - (claimed?.receivedAt.getTime() ?? 0)).toBeGreaterThan(9 * 86_400_000);
  });

  test("that fails once more waits for its next attempt, rather than being given up at once", async () => {
    const [id = ""] = await addEvents(1);
    await replayEvent({ viewer, id, seenReplays: 0 });
    await backend.withFault({ vendor: "stripe", kind: "status", status: 500, route: "*" }, () => pump.run());
    expect(await event(id)).toMatchObject({ status: "PENDING", attempts: 1, replays: 1 });
    const failed = await backend.rows("SELECT number, is_last FROM failed_attempt WHERE work_id = $1", [id]);
    expect(failed).toEqual([{ number: 1, is_last: false }]);
  });

  test("is refused where that would come to nothing: of no handled type, of another mode or account", async () => {
    const [unknown = ""] = await addEvents(1, {
      status: "IGNORED",
      type: "radar.early_fraud_warning.created",
    });
    const [foreign = ""] = await addEvents(1, { mode: "LIVE" });
    const [connected = ""] = await addEvents(1, { account: "acct_other" });
    for (const id of [unknown, foreign, connected]) {
      await expect(replayEvent({ viewer, id, seenReplays: 0 })).rejects.toMatchObject({ code: "conflict" });
      expect(await event(id)).toMatchObject({ replays: 0 });
    }
    await expect(replayEvent({ viewer, id: randomUUID(), seenReplays: 0 })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

describe("an event in quarantine", () => {
  test("is released to be handled, or to be ignored where nothing handles it; never replayed by accident", async () => {
    const [handled = ""] = await addEvents(1, { status: "QUARANTINED" });
    const [unknown = ""] = await addEvents(1, { status: "QUARANTINED", type: "no.such.type" });
    await expect(replayEvent({ viewer, id: handled, seenReplays: 0 })).rejects.toMatchObject({
      code: "conflict",
    });
    await Promise.all([1, 2].map(() => releaseQuarantined({ viewer, id: handled, seenReplays: 0 })));
    await releaseQuarantined({ viewer, id: unknown, seenReplays: 0 });
    expect(await event(handled)).toMatchObject({ status: "PENDING", replays: 1 });
    expect(await event(unknown)).toMatchObject({ status: "IGNORED", replays: 1 });
    expect(await notes(handled)).toMatchObject([{ detail: { from: "QUARANTINED", to: "PENDING" } }]);
  });

  test("of another mode stays there", async () => {
    const [id = ""] = await addEvents(1, { status: "QUARANTINED", mode: "LIVE" });
    await expect(releaseQuarantined({ viewer, id, seenReplays: 0 })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await event(id)).toMatchObject({ status: "QUARANTINED" });
  });
});

describe("a filtered set", () => {
  test("is replayed as it was when it was asked for: no more, no less, and each event is noted", async () => {
    const dead = await addEvents(1_200);
    const [done = ""] = await addEvents(1, { status: "DONE" });
    const [other = ""] = await addEvents(1, { type: "invoice.paid" });
    const [foreign = ""] = await addEvents(1, { mode: "LIVE" });
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet({ type: HANDLED }) });
    const [later = ""] = await addEvents(1);
    await backend.rows("UPDATE webhook_event SET received_at = now() + interval '1 second' WHERE id = $1", [
      later,
    ]);
    // More than the backlog that a set waits for: somebody does the work meanwhile.
    const worker = setInterval(
      () => void backend.rows("UPDATE webhook_event SET status = 'DONE' WHERE status = 'PENDING'"),
      50,
    );
    try {
      await workOff();
    } finally {
      clearInterval(worker);
    }
    const replayed = await backend.rows<{ id: string }>("SELECT id FROM webhook_event WHERE replays = 1");
    expect(replayed.map(({ id }) => id).sort()).toEqual(dead.toSorted());
    for (const id of [done, other, foreign, later]) expect(await event(id)).toMatchObject({ replays: 0 });
    const [{ count } = { count: 0 }] = await backend.rows<{ count: number }>(
      "SELECT count(*)::int AS count FROM audit_log WHERE action = 'webhook.replayed' AND detail ? 'jobId'",
    );
    expect(count).toBe(1_200);
    expect(await recentReplayJobs("INBOX")).toMatchObject([
      { replayed: 1_200, actorName: viewer.name, finishedAt: expect.any(Date), filter: { type: HANDLED } },
    ]);
  });

  test("is replayed once by a double click", async () => {
    await addEvents(3);
    const requestKey = randomUUID();
    const asked = await Promise.all([1, 2, 3].map(() => replaySet({ viewer, requestKey, set: deadSet() })));
    expect(asked.filter(Boolean)).toHaveLength(1);
    await workOff();
    expect(await backend.rows("SELECT FROM webhook_event WHERE replays = 1")).toHaveLength(3);
    expect(await recentReplayJobs("INBOX")).toMatchObject([{ replayed: 3 }]);
  });

  test("of ignored events leaves alone what nothing handles to this day", async () => {
    const [handled = ""] = await addEvents(1, { status: "IGNORED" });
    const [unknown = ""] = await addEvents(1, { status: "IGNORED", type: "no.such.type" });
    const filter = { ...NO_FILTER, status: "ignored" as const };
    await replaySet({ viewer, requestKey: randomUUID(), set: { target: "INBOX", filter } });
    await workOff();
    expect(await event(handled)).toMatchObject({ status: "PENDING" });
    expect(await event(unknown)).toMatchObject({ status: "IGNORED", replays: 0 });
  });

  test("goes on where a killed worker was, and a worker whose lease is over changes nothing", async () => {
    await addEvents(40);
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet() });
    const filter = deadSet().filter;
    const batchOf = (job: { id: string; actorId: string | null; leaseToken: string }) =>
      runReplayBatch({ ...job, target: "INBOX", filter: null }, { size: 10, leaseMs: 60_000 }, (tx, start) =>
        replayEventBatch(tx, filter, start, { actorId: job.actorId, jobId: job.id }, () => true),
      );
    const [first] = await claimReplayJobs(1, 60_000);
    if (!first) throw new Error("no job");
    expect(await batchOf(first)).toEqual({ isFinished: false });
    expect(await claimReplayJobs(1, 60_000)).toEqual([]);
    // Killed here: nothing is given back, and its lease ends.
    await backend.rows("UPDATE replay_job SET lease_until = now() - interval '1 second'");
    const [second] = await claimReplayJobs(1, 60_000);
    if (!second) throw new Error("nobody takes over");
    expect(await batchOf(first)).toBeNull();
    expect(await batchOf(second)).toEqual({ isFinished: false });
    expect(await backend.rows("SELECT FROM webhook_event WHERE replays = 1")).toHaveLength(20);
    await backend.rows("UPDATE replay_job SET lease_until = now() - interval '1 second'");
    await workOff();
    expect(await backend.rows("SELECT FROM webhook_event WHERE replays = 1")).toHaveLength(40);
    expect(await recentReplayJobs("INBOX")).toMatchObject([{ replayed: 40 }]);
  });

  test("that is killed within a batch has done nothing of it", async () => {
    await addEvents(5);
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet() });
    const [job] = await claimReplayJobs(1, 60_000);
    if (!job) throw new Error("no job");
    const batch = runReplayBatch(job, { size: 10, leaseMs: 60_000 }, async (tx, start) => {
      await replayEventBatch(tx, deadSet().filter, start, { actorId: null, jobId: job.id }, () => true);
      throw new Error("killed");
    });
    await expect(batch).rejects.toThrow("killed");
    expect(await backend.rows("SELECT FROM webhook_event WHERE replays = 1")).toHaveLength(0);
    expect(
      await backend.rows(
        "SELECT FROM audit_log WHERE detail->>'jobId' = $1 AND action = 'webhook.replayed'",
        [job.id],
      ),
    ).toHaveLength(0);
  });

  test("waits while much is due, so that what is new does not", async () => {
    await addEvents(600, { status: "PENDING" });
    const [dead = ""] = await addEvents(1);
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet() });
    const [piece] = await createReplayWork(() => true).claim(1);
    expect(await piece?.run()).toBe(true);
    expect(await event(dead)).toMatchObject({ status: "DEAD" });
    await backend.rows("UPDATE webhook_event SET status = 'DONE' WHERE status = 'PENDING'");
    await workOff();
    expect(await event(dead)).toMatchObject({ status: "PENDING" });
  });

  test("does not wait for what is left of another mode, nor is that told to be late", async () => {
    await addEvents(600, { status: "PENDING", mode: "LIVE" });
    await backend.rows("UPDATE webhook_event SET next_attempt_at = now() - interval '1 day'");
    await backend.rows(
      `INSERT INTO outbox_message (id, kind, mode, business_key, payload, next_attempt_at)
       SELECT gen_random_uuid(), 'EMAIL', 'LIVE', gen_random_uuid(), '{}', now() - interval '1 day'
         FROM generate_series(1, 600)`,
    );
    expect(await oldestDueSeconds()).toBe(0);
    expect(await isBacklogOf("OUTBOX", 500)).toBe(false);
    const [dead = ""] = await addEvents(1);
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet() });
    await workOff();
    expect(await event(dead)).toMatchObject({ status: "PENDING" });
  });

  test("whose batches fail is tried for an hour, and then ended, and what went wrong is shown", async () => {
    const [dead = ""] = await addEvents(1);
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet() });
    // As an earlier release wrote it.
    await backend.rows(`UPDATE replay_job SET filter = '{"status": "lost"}'`);
    const turn = async () => {
      await backend.rows("UPDATE replay_job SET lease_until = NULL");
      const [piece] = await createReplayWork(() => true).claim(1);
      expect(await piece?.run()).toBe(false);
      return (await recentReplayJobs("INBOX"))[0];
    };
    expect(await turn()).toMatchObject({ finishedAt: null, error: null });
    await backend.rows("UPDATE failed_attempt SET at = at - interval '59 minutes'");
    expect(await turn()).toMatchObject({ finishedAt: null, error: null });
    await backend.rows("UPDATE failed_attempt SET at = at - interval '2 minutes'");
    expect(await turn()).toMatchObject({ finishedAt: expect.any(Date), error: "ZodError" });
    expect(await createReplayWork(() => true).claim(1)).toEqual([]);
    expect(await event(dead)).toMatchObject({ status: "DEAD" });
  });

  test("is not ended for failures that lie before its last success", async () => {
    await addEvents(1);
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet() });
    const [job] = await claimReplayJobs(1, 60_000);
    if (!job) throw new Error("no job");
    expect(await failReplayJob(job, { delayMs: 0, givenUpAfterMs: 1_000_000, error: "Error" })).toBe(false);
    await backend.rows("UPDATE replay_job SET lease_until = NULL");
    await workOff();
    expect(await backend.rows("SELECT FROM failed_attempt WHERE work_id = $1", [job.id])).toEqual([]);
  });

  test("is worked off by the pump, and what it comes to is handled", async () => {
    const ids = await addEvents(3, { type: "customer.subscription.deleted" });
    await replaySet({ viewer, requestKey: randomUUID(), set: deadSet() });
    await eventually("the set to be worked off", async () => {
      await pump.run();
      const [job] = await recentReplayJobs("INBOX");
      return job?.finishedAt !== null;
    });
    for (const id of ids) expect(await event(id)).toMatchObject({ replays: 1 });
    await eventually("each to be looked at again", async () => {
      await pump.run();
      const rows = await Promise.all(ids.map(event));
      return rows.every(({ status, attempts }) => status !== "PENDING" || attempts > 0);
    });
  });
});

describe("mails and commands that were given up", () => {
  const MAILS: MailFilter & { status: "dead" } = {
    ...{ kinds: ["email"], status: "dead", delivery: null, category: null, recipient: null },
    ...{ provider: null, workspaceId: null, reference: null, from: null, until: null },
  };

  async function addMail(columns: Partial<Record<string, string | null>> = {}): Promise<string> {
    const given = {
      kind: "EMAIL",
      status: "DEAD",
      recipient: "ann@example.com",
      payload: "{}",
      mode: "SANDBOX",
      ...columns,
    };
    const [row] = await backend.rows<{ id: string }>(
      `INSERT INTO outbox_message (id, kind, mode, business_key, status, recipient, category, payload, attempts, last_error,
                                   provider, bound_at, created_at)
       VALUES (gen_random_uuid(), $1::outbox_kind, $2::provider_mode, gen_random_uuid(), $3::outbox_status, $4, 'receipt',
               $5::jsonb, 9, 'unavailable', 'resend', now() - interval '5 days', now() - interval '5 days')
       RETURNING id`,
      [given.kind, given.mode, given.status, given.recipient, given.payload],
    );
    return row?.id ?? "";
  }

  const mail = async (id: string) => {
    const [row] = await backend.rows<Record<string, unknown>>("SELECT * FROM outbox_message WHERE id = $1", [
      id,
    ]);
    return row;
  };

  test("are tried again under the same key at the same vendor, with new patience, and it is noted", async () => {
    const id = await addMail();
    const before = await mail(id);
    const asked = await Promise.all([1, 2, 3].map(() => replayMessage({ viewer, id })));
    expect(asked.filter(Boolean)).toHaveLength(1);
    expect(await mail(id)).toMatchObject({
      ...{ status: "PENDING", attempts: 0, replays: 1, last_error: null, business_key: before?.business_key },
      ...{ provider: "resend", bound_at: before?.bound_at },
    });
    expect(await notes(id)).toMatchObject([{ action: "mail.replayed", actor_id: viewer.userId }]);
    const [claimed] = await claimOutboxMessages(1, 60_000);
    expect(claimed?.id).toBe(id);
    expect(Date.now() - (claimed?.bornAt.getTime() ?? 0)).toBeLessThan(60_000);
    // What that vendor remembers is measured from when it may have got there.
    expect(claimed?.boundForMs).toBeGreaterThan(4 * 86_400_000);
  });

  test("are left alone where nothing can be sent: scrubbed secrets, other modes, what is sent", async () => {
    const others = await Promise.all([
      addMail({ payload: null }),
      addMail({ mode: "LIVE" }),
      addMail({ status: "SENT" }),
      addMail({ status: "SUPPRESSED" }),
    ]);
    for (const id of others) {
      expect(await replayMessage({ viewer, id })).toBe(false);
      expect(await mail(id)).toMatchObject({ replays: 0 });
    }
  });

  test("are replayed as a set, by kind and recipient", async () => {
    const asked = await addMail();
    const other = await addMail({ recipient: "bob@example.com" });
    const command = await addMail({ kind: "EXPIRE_CHECKOUT" });
    const filter = { ...MAILS, recipient: "ann@" };
    expect(await replaySet({ viewer, requestKey: randomUUID(), set: { target: "OUTBOX", filter } })).toBe(
      true,
    );
    await workOff();
    expect(await mail(asked)).toMatchObject({ status: "PENDING", replays: 1 });
    for (const id of [other, command]) expect(await mail(id)).toMatchObject({ status: "DEAD", replays: 0 });
    expect(await recentReplayJobs("OUTBOX")).toMatchObject([{ replayed: 1 }]);
    expect(await recentReplayJobs("INBOX")).toEqual([]);
    const audited = await backend.rows<{ detail: unknown }>(
      "SELECT detail FROM audit_log WHERE action = 'mail.set_replayed'",
    );
    expect(JSON.stringify(audited)).not.toContain("ann@");
    const commands = { ...MAILS, kinds: ["expire_checkout" as const, "cancel_subscription" as const] };
    await replaySet({ viewer, requestKey: randomUUID(), set: { target: "OUTBOX", filter: commands } });
    await workOff();
    expect(await mail(command)).toMatchObject({ status: "PENDING" });
    expect(await mail(other)).toMatchObject({ status: "DEAD" });
  });
});
