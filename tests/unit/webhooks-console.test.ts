/** Guards the words and addresses of the operators' page of webhooks. */
import { describe, expect, test } from "vitest";
import { addressOf, boundedCount, listPart, textOf, writePlace } from "@/app/(admin)/admin/_view/keyset";
import {
  pumpWords,
  reconciliationWords,
  waitingWords,
  webhookWords,
} from "@/app/(admin)/admin/webhooks/_view/intake-words";
import { changesOf, noteTitle } from "@/app/(admin)/admin/webhooks/_view/note-words";
import { eventSetField, eventSetInput, replayableSet } from "@/app/(admin)/admin/webhooks/_view/replay-input";
import {
  askedFor,
  filterWords,
  parametersOf,
  readMoment,
  readQuery,
} from "@/app/(admin)/admin/webhooks/_view/webhook-query";
import { remedyFor, statusMeaning } from "@/app/(admin)/admin/webhooks/_view/webhook-words";
import type { WebhookFilter } from "@/lib/db/webhook-filter";

const NOW = Date.UTC(2026, 10, 22, 10);
const ID = "0196b1d0-0000-7000-8000-000000000001";
const FOUND = { eventIds: null, workspaces: null };

const ago = (milliseconds: number) => new Date(NOW - milliseconds);

describe("a place in a list", () => {
  test("is found again by its address", () => {
    const place = { at: new Date(NOW), id: ID };
    expect(listPart({ older: writePlace(place) })).toEqual({ kind: "older", than: place });
    expect(listPart({ newer: writePlace(place) })).toEqual({ kind: "newer", than: place });
  });

  test.each([undefined, "", "1", "x_y", `99999999999999999_${ID}`, `1_${ID}' OR true`, ["a", "b"]])(
    "that says nothing (%j) is the beginning",
    (older) => expect(listPart({ older })).toEqual({ kind: "newest" }),
  );

  test("keeps the filters, and leaves out what is empty", () => {
    expect(addressOf("/list", { status: "dead", type: "", other: null })).toBe("/list?status=dead");
    expect(addressOf("/list", {})).toBe("/list");
    expect(textOf({ a: " x ", b: ["1", "2"] }, "a")).toBe("x");
    expect(textOf({ a: " x ", b: ["1", "2"] }, "b")).toBe("");
  });

  test("is one of so many, up to a bound", () => {
    expect([0, 99, 100].map(boundedCount)).toEqual(["0", "99", "99+"]);
  });
});

describe("the filters of an address", () => {
  const query = readQuery({
    provider: "stripe",
    status: "dead",
    object: " sub_1 ",
    from: "2026-11-22T09:00",
    x: "y",
  });

  test("become a filter, and stay in every link", () => {
    expect(parametersOf(query)).toEqual({
      ...{ provider: "stripe", status: "dead", object: "sub_1", from: "2026-11-22T09:00" },
    });
    expect(askedFor(query, FOUND)).toEqual({
      kind: "filter",
      filter: {
        ...{
          provider: "stripe",
          type: null,
          status: "dead",
          objectId: "sub_1",
          workspaceId: null,
          ids: null,
        },
        ...{ from: new Date("2026-11-22T09:00:00Z"), to: null },
      },
    });
  });

  test("mean the whole minute where a time ends with one", () => {
    const { to } = (askedFor(readQuery({ to: "2026-11-22T09:00" }), FOUND) as { filter: WebhookFilter })
      .filter;
    expect(to?.toISOString()).toBe("2026-11-22T09:00:59.999Z");
    expect(readMoment("yesterday")).toBeUndefined();
    expect(readMoment("2026-13-45T99:99")).toBeUndefined();
  });

  test("that name nothing say so at their field, and list nothing", () => {
    const found = { eventIds: [], workspaces: [] };
    const asked = askedFor(readQuery({ event: "evt_0", workspace: "no", from: "soon" }), found);
    expect(asked).toMatchObject({ kind: "nothing" });
    expect(Object.keys((asked as { errors: object }).errors).sort()).toEqual(["event", "from", "workspace"]);
  });

  test("that name several workspaces ask which one", () => {
    const workspaces = [1, 2].map((n) => ({ id: `${ID}${n}`, name: "Harbour" }));
    expect(askedFor(readQuery({ workspace: "Harbour" }), { eventIds: null, workspaces })).toMatchObject({
      kind: "nothing",
      errors: { workspace: expect.stringContaining("choose") },
    });
  });

  test("with a state that is none are as without it", () => {
    expect(readQuery({ status: "robert'); drop table" }).status).toBe("");
  });
});

describe("a set that is replayed", () => {
  const filter: WebhookFilter = {
    ...{
      provider: "stripe",
      type: "invoice.paid",
      status: "dead",
      objectId: null,
      workspaceId: ID,
      ids: null,
    },
    ...{ from: new Date(NOW), to: null },
  };

  test("comes back from its form as it was", () => {
    const set = replayableSet(filter);
    if (set === null) throw new Error("it can be replayed");
    expect(eventSetInput.parse(eventSetField(set))).toEqual(filter);
    expect(filterWords(JSON.parse(eventSetField(set)))).toBe(
      `from stripe, of type invoice.paid, of workspace ${ID}, since 2026-11-22T10:00:00.000Z`,
    );
  });

  test("is of one state: not of all, and not of what waits anyway", () => {
    expect(replayableSet({ ...filter, status: null })).toBeNull();
    expect(replayableSet({ ...filter, status: "pending" })).toBeNull();
  });

  test.each(["", "{", "null", '{"status":"pending"}', JSON.stringify({ ...filter, ids: ["x"] })])(
    "is refused in any other form (%s)",
    (json) => expect(eventSetInput.safeParse(json).success).toBe(false),
  );
});

describe("what may be done about an event", () => {
  test("is a replay where somebody handles it, a release from quarantine, and nothing while it waits", () => {
    const own = { isOwn: true, isHandled: true };
    expect(remedyFor({ ...own, status: "dead" })).toBe("replay");
    expect(remedyFor({ ...own, status: "done" })).toBe("replay");
    expect(remedyFor({ ...own, status: "quarantined" })).toBe("release");
    expect(remedyFor({ ...own, status: "quarantined", isHandled: false })).toBe("release");
    expect(remedyFor({ ...own, status: "ignored", isHandled: false })).toBeNull();
    expect(remedyFor({ ...own, status: "pending" })).toBeNull();
    expect(remedyFor({ ...own, status: "dead", isOwn: false })).toBeNull();
  });

  test("goes with what its state means", () => {
    const waiting = { status: "pending" as const, isUnderWay: false, isOwn: true };
    expect(statusMeaning({ ...waiting, attempts: 0 })).toContain("in a moment");
    expect(statusMeaning({ ...waiting, attempts: 3 })).toContain("tried again by itself");
    expect(statusMeaning({ ...waiting, attempts: 1, isUnderWay: true })).toContain("in hand");
    expect(statusMeaning({ ...waiting, attempts: 0, isOwn: false })).toContain("mode or account");
  });
});

describe("how events come in", () => {
  const counts = { dead: 0, quarantined: 0, pending: 100, oldestPendingAt: ago(120_000) };

  test("is late from a minute on", () => {
    expect(waitingWords(counts, NOW)).toMatchObject({ tone: "warning", label: "99+ waiting" });
    expect(waitingWords({ ...counts, oldestPendingAt: ago(5_000) }, NOW)).toMatchObject({ tone: "neutral" });
    expect(waitingWords({ ...counts, pending: 0, oldestPendingAt: null }, NOW)).toMatchObject({
      tone: "positive",
    });
  });

  test("is silent where the pump has not run for long", () => {
    expect(pumpWords(null)).toMatchObject({ label: "Not yet" });
    expect(pumpWords({ startedSecondsAgo: 20, endedSecondsAgo: 19 })).toMatchObject({ tone: "positive" });
    expect(pumpWords({ startedSecondsAgo: 3_600, endedSecondsAgo: 3_599 })).toMatchObject({
      tone: "warning",
    });
  });

  test("says what to do where no webhook has ever come", () => {
    const url = "https://app.example/api/webhooks/stripe";
    const none = webhookWords({ at: null, url, isPolled: false }, NOW);
    expect(none).toMatchObject({ tone: "warning" });
    expect(none.text).toContain("Is the endpoint registered");
    expect(none.text).toContain(url);
    expect(webhookWords({ at: null, url, isPolled: true }, NOW)).toMatchObject({ tone: "neutral" });
    expect(webhookWords({ at: ago(1_500), url, isPolled: false }, NOW).text).toBe(
      "The last one came 1 s ago.",
    );
  });

  test("tells drift, a pass under way and one that failed apart", () => {
    const pass = { startedAt: ago(60_000), finishedAt: ago(30_000), seen: 1_200, drift: 0, lastError: null };
    const of = (finished: typeof pass | null, running: typeof pass | null = null) =>
      reconciliationWords({ kind: "subscriptions", finished, running }, NOW);
    expect(of(null)).toMatchObject({ label: "Not yet", tone: "neutral" });
    expect(of(pass)).toMatchObject({ label: "No drift", text: "1,200 subscriptions looked at, 30 s ago." });
    expect(of({ ...pass, drift: 3 })).toMatchObject({ label: "3 repaired", tone: "warning" });
    expect(of(pass, { ...pass, seen: 7 }).text).toContain("7 looked at so far");
    const failed = { ...pass, lastError: "unavailable" } as unknown as typeof pass;
    expect(of(failed)).toMatchObject({ label: "Failed", tone: "warning" });
    expect(of(pass, failed)).toMatchObject({ label: "Interrupted" });
  });
});

describe("what an event changed", () => {
  test("is what differs between before and after, and what else was named", () => {
    const detail = {
      before: { status: "active", planKey: "pro", quantity: 1 },
      after: { status: "past_due", planKey: "pro", quantity: 2 },
      subscriptionId: ID,
    };
    expect(changesOf(detail)).toEqual([
      { name: "status", before: "active", after: "past_due" },
      { name: "quantity", before: "1", after: "2" },
      { name: "subscription id", before: null, after: ID },
    ]);
  });

  test("is everything where there was nothing before, and nothing where nothing is noted", () => {
    expect(changesOf({ before: null, after: { status: "active" } })).toEqual([
      { name: "status", before: null, after: "active" },
    ]);
    expect(changesOf({})).toEqual([]);
    expect(changesOf(null)).toEqual([]);
    expect(changesOf("text")).toEqual([]);
  });

  test("says who did it", () => {
    expect(noteTitle({ action: "subscription.activated", actorName: null })).toBe("subscription activated");
    expect(noteTitle({ action: "webhook.replayed", actorName: "Olli" })).toBe(
      "Sent back to be handled again, by Olli",
    );
  });
});
