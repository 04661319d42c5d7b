/** What became of a message, step by step. */

import { formatSpan } from "@/app/(admin)/admin/_view/format";
import type { Tone } from "@/lib/billing/status";
import type { MailLife } from "@/lib/db/mail-life";
import { reportWords, STATUS_WORDS } from "./mail-words";

export interface TimelineStep {
  key: string;
  /** Null where nobody wrote down when. */
  at: Date | null;
  tone: Tone;
  label: string;
  detail: string | null;
  /** Of an event that it is about. */
  eventId: string | null;
}

/** Failures that stand among the other steps; those before them are only counted. */
export const FAILURES_SHOWN = 5;

type Step = Omit<TimelineStep, "eventId" | "detail"> & Partial<Pick<TimelineStep, "eventId" | "detail">>;

function failureSteps({ failures }: MailLife): Step[] {
  const shown = failures.slice(0, FAILURES_SHOWN).reverse();
  const [before] = failures.slice(FAILURES_SHOWN);
  const steps: Step[] = shown.map(({ id, number, error, isLast, at }) => ({
    key: id,
    at,
    tone: isLast ? "critical" : "warning",
    label: isLast ? "Given up" : `Attempt ${number} failed`,
    detail: error,
  }));
  if (before === undefined) return steps;
  const count = failures.length - FAILURES_SHOWN;
  const earlier: Step = {
    key: "earlier",
    at: before.at,
    tone: "warning",
    label: `${count} earlier ${count === 1 ? "attempt" : "attempts"} failed`,
  };
  return [earlier, ...steps];
}

function boundStep({ boundAt, provider, status }: MailLife): Step[] {
  if (boundAt === null || provider === null) return [];
  return [
    {
      key: "bound",
      at: boundAt,
      tone: "neutral",
      label: `Bound to ${provider}`,
      detail:
        status === "sent"
          ? null
          : "It may have gone there. Until that is known, it goes to no other provider, and there only as the same mail.",
    },
  ];
}

function sentStep({ sentAt, provider, externalId, kind }: MailLife): Step[] {
  if (sentAt === null) return [];
  const by = provider === null ? "" : ` by ${provider}`;
  return [
    {
      key: "sent",
      at: sentAt,
      tone: "positive",
      label: `${kind === "email" ? "Taken" : "Done"}${by}`,
      detail: externalId === null ? null : `As ${externalId}`,
    },
  ];
}

function reportSteps({ reports }: MailLife): Step[] {
  return reports.map(({ eventId, provider, type, occurredAt }) => ({
    key: eventId,
    at: occurredAt,
    ...reportWords(type),
    detail: `Reported by ${provider}`,
    eventId,
  }));
}

/** Where it stands, as far as no step above says so. */
function lastStep(life: MailLife, now: number): Step[] {
  const { status, isUnderWay, nextAttemptAt, lastError, failures } = life;
  const key = "now";
  switch (status) {
    case "pending": {
      if (isUnderWay) return [{ key, at: null, tone: "neutral", label: "Being sent now" }];
      const leftMs = nextAttemptAt.getTime() - now;
      const label = leftMs > 0 ? `Next attempt in ${formatSpan(leftMs)}` : "Next attempt is due";
      return [{ key, at: nextAttemptAt, tone: "neutral", label, detail: lastError }];
    }
    case "suppressed":
      return [{ key, at: null, ...STATUS_WORDS.suppressed, label: "Not sent", detail: lastError }];
    case "dead":
      // Of a message that was given up before failures were written down.
      return failures.some(({ isLast }) => isLast)
        ? []
        : [{ key, at: null, ...STATUS_WORDS.dead, detail: lastError }];
    case "sent":
      return [];
    default:
      return status satisfies never;
  }
}

/** In the order in which it happened; what stands last is how it is now. @param now in milliseconds */
export function timelineOf(life: MailLife, now: number): TimelineStep[] {
  const enqueued: Step = { key: "enqueued", at: life.createdAt, tone: "neutral", label: "Enqueued" };
  const moments = [
    enqueued,
    ...failureSteps(life),
    ...boundStep(life),
    ...sentStep(life),
    ...reportSteps(life),
  ];
  const inOrder = moments
    .map((step, index) => ({ step, index }))
    .sort(
      (one, other) =>
        (one.step.at?.getTime() ?? 0) - (other.step.at?.getTime() ?? 0) || one.index - other.index,
    )
    .map(({ step }) => step);
  return [...inOrder, ...lastStep(life, now)].map((step) => ({ detail: null, eventId: null, ...step }));
}
