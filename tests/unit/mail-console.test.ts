import { describe, expect, test } from "vitest";
import { againOf } from "@/app/(admin)/admin/emails/_view/again";
import { mailDocument } from "@/app/(admin)/admin/emails/_view/mail-document";
import {
  filterWords,
  readMoment,
  readQuestion,
  toFilter,
} from "@/app/(admin)/admin/emails/_view/mail-filter";
import { businessKeyKind, reportWords, stateWords } from "@/app/(admin)/admin/emails/_view/mail-words";
import { timelineOf } from "@/app/(admin)/admin/emails/_view/timeline";
import { removalNotice, writeRemovals } from "@/app/(admin)/admin/emails/suppressions/_view/removals";
import type { MailAttempt, MailContent, MailLife } from "@/lib/db/mail-life";

const NOW = Date.UTC(2026, 10, 22, 14, 3, 7);
const at = (minutes: number) => new Date(NOW + minutes * 60_000);

const MAIL: MailContent = {
  kind: "mail",
  from: "a@b.de",
  to: "c@d.de",
  subject: "S",
  html: "<p>",
  text: "T",
};

function life(overrides: Partial<MailLife> = {}): MailLife {
  return {
    id: "01900000-0000-7000-8000-000000000001",
    kind: "email",
    mode: "sandbox",
    status: "sent",
    delivery: "unknown",
    businessKey: "receipt:in_1",
    recipient: "c@d.de",
    subject: "S",
    category: "receipt",
    provider: "resend",
    externalId: "message-1",
    attempts: 1,
    replays: 0,
    lastError: null,
    createdAt: at(-60),
    nextAttemptAt: at(-60),
    boundAt: null,
    sentAt: null,
    isUnderWay: false,
    workspace: null,
    cause: null,
    content: MAIL,
    failures: [],
    reports: [],
    resentAs: [],
    resentFrom: null,
    ...overrides,
  };
}

const failure = (number: number, isLast = false): MailAttempt => ({
  ...{ id: `failure-${number}`, number, isLast, error: "timeout: no answer" },
  at: at(-60 + number),
});

const labels = (one: MailLife) => timelineOf(one, NOW).map(({ label }) => label);

describe("what a list is filtered by", () => {
  test("is mails of every kind where nothing is asked", () => {
    const question = readQuestion({});
    expect(question).toMatchObject({ part: "mails", isFiltered: false, errors: {} });
    expect(toFilter(question, null)).toEqual({
      ...{ kinds: ["email"], status: null, delivery: null, category: null, recipient: null },
      ...{ provider: null, workspaceId: null, reference: null, from: null, until: null },
    });
  });

  test("is read from the address, an address of a mailbox in lower case", () => {
    const question = readQuestion({
      ...{ status: "dead", delivery: "bounced", category: "receipt", recipient: " Ann@Example.COM " },
      ...{ provider: "resend", message: "0190ABCD-0000-7000-8000-000000000001", from: "2026-11-22T14:00" },
    });
    expect(question.isFiltered).toBe(true);
    expect(toFilter(question, null)).toMatchObject({
      ...{ status: "dead", delivery: "bounced", category: "receipt", recipient: "ann@example.com" },
      ...{ provider: "resend", reference: "0190abcd-0000-7000-8000-000000000001" },
      from: new Date("2026-11-22T14:00:00Z"),
    });
    expect(toFilter(readQuestion({ message: "Message-1" }), null).reference).toBe("Message-1");
  });

  test("is of commands where these are asked for, all or one kind", () => {
    const all = readQuestion({ kind: "commands" });
    expect(all).toMatchObject({ part: "commands", isFiltered: false });
    expect(toFilter(all, null).kinds).toHaveLength(4);
    const one = readQuestion({ kind: "alert" });
    expect(one).toMatchObject({ part: "commands", isFiltered: true });
    expect(toFilter(one, null).kinds).toEqual(["alert"]);
  });

  test("leaves out words that mean nothing, and what is given twice", () => {
    const question = readQuestion({ kind: "email", status: "lost", delivery: "x", category: ["a", "b"] });
    expect(Object.values(question.fields).join("")).toBe("");
  });

  test("says what to write differently where a time is none", () => {
    expect(readQuestion({ from: "yesterday", until: "2026-11-22" }).errors).toEqual({
      from: expect.stringContaining("2026-11-22T14:00"),
    });
    expect(readMoment("2026-11-22")).toEqual(new Date("2026-11-22T00:00:00Z"));
    expect(readMoment("2026-11-22T14:03:07")).toEqual(new Date("2026-11-22T14:03:07Z"));
    expect(readMoment("2026-13-22T14:03")).toBeNull();
  });
});

describe("how it stands with a message", () => {
  test("is what its provider reported once it was handed over, and what we know before", () => {
    const mail = { kind: "email", delivery: "delivered", lastError: null } as const;
    expect(stateWords({ ...mail, status: "sent" }).label).toBe("Delivered");
    expect(stateWords({ ...mail, status: "sent", delivery: "unknown" }).label).toBe("Handed over");
    expect(stateWords({ ...mail, status: "dead" })).toEqual({ label: "Given up", tone: "critical" });
    expect(stateWords({ ...mail, status: "pending" }).label).toBe("Waiting");
    expect(stateWords({ ...mail, status: "pending", lastError: "timeout" }).label).toBe("Trying again");
    expect(stateWords({ ...mail, kind: "alert", status: "sent" }).label).toBe("Done");
  });

  test("is told by the vendor's name for it where nobody here knows a report", () => {
    expect(reportWords("email.of_tomorrow").label).toBe("email.of_tomorrow");
  });

  test("names what caused it, and nothing of what its key was made from", () => {
    expect(businessKeyKind("verify-email:0f3a:17:0")).toBe("verify-email");
  });
});

describe("the timeline", () => {
  test("tells a mail's way from the outbox to its reader, in order", () => {
    const steps = timelineOf(
      life({
        failures: [failure(1)],
        boundAt: at(-50),
        sentAt: at(-49),
        reports: [
          {
            ...{ eventId: "event-1", provider: "resend", type: "email.delivered" },
            ...{ occurredAt: at(-48), receivedAt: at(-47) },
          },
        ],
      }),
      NOW,
    );
    expect(steps.map(({ label }) => label)).toEqual([
      "Enqueued",
      "Attempt 1 failed",
      "Bound to resend",
      "Taken by resend",
      "Delivered",
    ]);
    expect(steps.at(-1)).toMatchObject({ eventId: "event-1", tone: "positive" });
    expect(steps.map(({ at: moment }) => moment)).toEqual([at(-60), at(-59), at(-50), at(-49), at(-48)]);
  });

  test("ends with when it is tried next, or that it is being sent", () => {
    const waiting = life({ status: "pending", nextAttemptAt: at(2), lastError: "timeout: no answer" });
    expect(labels(waiting)).toEqual(["Enqueued", "Next attempt in 2 min"]);
    expect(labels({ ...waiting, nextAttemptAt: at(-1) })).toEqual(["Enqueued", "Next attempt is due"]);
    expect(labels({ ...waiting, isUnderWay: true })).toEqual(["Enqueued", "Being sent now"]);
  });

  test("says that it was not sent, and why", () => {
    const step = timelineOf(life({ status: "suppressed", lastError: "the address bounces" }), NOW).at(-1);
    expect(step).toMatchObject({ label: "Not sent", detail: "the address bounces", at: null });
  });

  test("tells once that it was given up", () => {
    expect(labels(life({ status: "dead", failures: [failure(1, true)] }))).toEqual(["Enqueued", "Given up"]);
    expect(labels(life({ status: "dead" }))).toEqual(["Enqueued", "Given up"]);
  });

  test("shows the last failures of many and counts the others", () => {
    const failures = Array.from({ length: 12 }, (_, index) => failure(12 - index));
    expect(labels(life({ failures }))).toEqual([
      "Enqueued",
      "7 earlier attempts failed",
      ...[8, 9, 10, 11, 12].map((number) => `Attempt ${number} failed`),
    ]);
  });
});

describe("doing it once more", () => {
  const kindsOf = (overrides: Partial<MailLife>) => againOf(life(overrides))?.kinds;

  test("is offered for a mail whose content is kept, and tried again only where it was given up", () => {
    expect(kindsOf({ status: "sent" })).toEqual(["resend"]);
    expect(kindsOf({ status: "suppressed" })).toEqual(["resend"]);
    expect(kindsOf({ status: "dead" })).toEqual(["replay", "resend"]);
    expect(kindsOf({ status: "pending" })).toBeUndefined();
  });

  test("is never offered for a mail that carried a secret, nor for one whose content is gone, and it is said why", () => {
    const secret = againOf(life({ status: "dead", content: { kind: "secret", isScrubbed: true } }));
    expect(secret?.kinds).toEqual([]);
    expect(secret?.words).toContain("secret link");
    expect(againOf(life({ content: { kind: "pruned", at: at(0) } }))?.kinds).toEqual([]);
  });

  test("of a command is to try it again, where it was given up", () => {
    const command = { kind: "expire_checkout", content: { kind: "command", ids: {} } } as const;
    expect(kindsOf({ ...command, status: "dead" })).toEqual(["replay"]);
    expect(kindsOf({ ...command, status: "sent" })).toBeUndefined();
  });
});

describe("the document of a mail's frame", () => {
  test("forbids everything but its own looks before the mail begins", () => {
    const hostile = '<!doctype html><html><head><base target="_top"><script>alert(1)</script>';
    const document = mailDocument(hostile);
    const before = document.slice(0, document.indexOf(hostile));
    expect(before).toContain("default-src 'none'");
    expect(before).toContain('<base target="_blank">');
    expect(before).not.toMatch(/script-src|https?:/);
    expect(document.startsWith("<!doctype html>")).toBe(true);
  });
});

describe("what became of an address at the vendors", () => {
  test("is carried in the page's address and told in words", () => {
    const text = writeRemovals([
      { provider: "resend", outcome: "refused" },
      { provider: "sendgrid", outcome: "removed" },
    ]);
    expect(text).toBe("resend:refused,sendgrid:removed");
    expect(removalNotice(text)).toEqual({
      tone: "warning",
      lines: [
        expect.stringContaining("resend does not let"),
        expect.stringContaining("sendgrid has taken it off"),
      ],
    });
    expect(removalNotice(writeRemovals([]))).toEqual({ tone: "positive", lines: [] });
  });

  test("says nothing that nobody here has written", () => {
    expect(removalNotice("")).toBeNull();
    expect(removalNotice("<b>:removed")).toBeNull();
    expect(removalNotice("resend:constructor")).toBeNull();
  });
});

test("a set that is replayed is described by what it was narrowed to", () => {
  const question = readQuestion({ status: "dead", category: "payment-failed", recipient: "ann@" });
  expect(filterWords(toFilter(question, null))).toBe("Payment failed, to ann@…");
  expect(filterWords(toFilter(readQuestion({ kind: "commands", status: "dead" }), null))).toBe("commands");
  expect(filterWords(null)).toBe("");
});
