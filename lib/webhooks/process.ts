/** What the pump does, and whom it concerns: the inbox, by the object that its events are about, and the outbox. */
import type { Alert } from "@/lib/alerts/alert";
import { raiseAlert } from "@/lib/alerts/raise-alert";
import { commandGivenUp, eventGivenUp, eventQuarantined, mailGivenUp } from "@/lib/alerts/work-words";
import { leasesOn } from "@/lib/db/leases";
import type { LeasedOutboxMessage } from "@/lib/db/outbox";
import { claimSchedule, endSchedule } from "@/lib/db/schedule";
import {
  claimWebhookEvents,
  completeWebhookEvents,
  type LeasedWebhookEvent,
  quarantineWebhookEvents,
} from "@/lib/db/webhook-claims";
import { AppError, isAppError } from "@/lib/errors/app-error";
import { isIntegrationError } from "@/lib/errors/integration-error";
import { logger } from "@/lib/logger";
import { outboxSource } from "@/lib/outbox/deliver";
import { processSingleton } from "@/lib/process-singleton";
import { emailMode, paymentsScope, providerMode } from "@/lib/provider-scope";
import { createLoopWatch } from "@/lib/pump/loop-busy";
import { createPump, createPumpState } from "@/lib/pump/pump";
import { type WorkSource, workFrom } from "@/lib/pump/work";
import { createReplayWork } from "@/lib/replay/replay-work";
import type { HandlerFamily } from "./handler";
import { findHandler } from "./registry";

/** An object's owner may be written a moment after its event; after this long it belongs to somebody else. */
const STRANGER_MS = 60 * 60 * 1000;
/** For whoever watches over the pump: a run is noted once in so many milliseconds, by all instances together. */
const NOTE_RUN_EVERY_MS = 10_000;

/** Events of one object and one family, leased together. */
interface EventGroup {
  events: readonly [LeasedWebhookEvent, ...LeasedWebhookEvent[]];
  /** Null where nobody handles their type. */
  handler: HandlerFamily | null;
}

/** By the lease, which is one object's, and the family. What nobody handles fails by itself. */
function groupsOf(events: readonly LeasedWebhookEvent[]): EventGroup[] {
  const groups = new Map<string, Map<HandlerFamily | null, EventGroup>>();
  for (const event of events) {
    const handler = event.objectId === null ? null : findHandler(event.provider, event.type);
    const ofObject = groups.get(event.leaseToken) ?? new Map<HandlerFamily | null, EventGroup>();
    groups.set(event.leaseToken, ofObject);
    const known = ofObject.get(handler);
    ofObject.set(handler, { handler, events: known ? [...known.events, event] : [event] });
  }
  return [...groups.values()].flatMap((ofObject) => [...ofObject.values()]);
}

/** The mode of what this process has leased: it takes nothing of another one. */
function modeOf(provider: string): string {
  const { mode, provider: payments } = paymentsScope();
  return provider === payments ? mode : emailMode();
}

/** Says whether events are about something of another product of the same vendor account. */
function areStrange({ events }: EventGroup, error: unknown): boolean {
  const isUnknown = isAppError(error) && !isIntegrationError(error) && error.code === "not_found";
  return isUnknown && events.every(({ receivedAt }) => Date.now() - receivedAt.getTime() > STRANGER_MS);
}

async function quarantine({ events }: EventGroup): Promise<void> {
  const reason = "about an object that is not ours";
  if ((await quarantineWebhookEvents(events, reason)) === 0) return;
  for (const { provider, type, id } of events) {
    logger.error({ provider, type, id }, "webhook quarantined: not ours");
    raiseAlert(eventQuarantined({ provider, mode: modeOf(provider), type, reason }));
  }
}

/** One look at the object answers all its events, and all of them are done in the transaction of what that caused. */
async function handle(group: EventGroup): Promise<void> {
  const { events, handler } = group;
  const [{ provider, objectId, receivedAt }] = events;
  const types = [...new Set(events.map((event) => event.type))];
  if (!handler || objectId === null) {
    throw new AppError("internal", {
      userMessage: "This event cannot be handled.",
      logMessage: `no handler for ${provider} ${types.join(", ")}`,
    });
  }
  try {
    await handler.handle({ provider, objectId, types, receivedAt }, (tx, workspaceId) =>
      completeWebhookEvents(tx, events, workspaceId),
    );
  } catch (error) {
    if (!areStrange(group, error)) throw error;
    await quarantine(group);
  }
}

export const inboxSource: WorkSource<EventGroup> = {
  name: "inbox",
  claim: async (objects, leaseMs) => groupsOf(await claimWebhookEvents(objects, leaseMs)),
  rowsOf: ({ events }) => events,
  contextOf: ({ events }) => ({
    correlationId: events.find(({ correlationId }) => correlationId !== null)?.correlationId ?? null,
    eventId: events[0].id,
  }),
  process: handle,
  leases: leasesOn("webhook_event"),
  onGivenUp: ({ events: [{ provider, id, type }] }) =>
    raiseAlert(eventGivenUp({ provider, mode: modeOf(provider), id, type })),
};

function messageGivenUp({ id, kind, provider }: LeasedOutboxMessage): Alert {
  switch (kind) {
    case "EMAIL":
      return mailGivenUp({ provider: provider ?? "email", mode: emailMode(), id });
    case "ALERT":
      return commandGivenUp({ provider: "oncall", mode: providerMode("oncall"), id, kind });
    default:
      return commandGivenUp({ ...paymentsScope(), id, kind });
  }
}

async function noteRun(): Promise<() => Promise<void>> {
  const isNoted = await claimSchedule("pump", NOTE_RUN_EVERY_MS);
  return async () => {
    if (isNoted) await endSchedule("pump");
  };
}

const replays = createReplayWork(({ provider, type }) => findHandler(provider, type) !== null);

/** Events first: they cause mails, which the same run then delivers. */
export const pump = createPump(
  [
    workFrom(inboxSource),
    workFrom({ ...outboxSource, onGivenUp: (message) => raiseAlert(messageGivenUp(message)) }),
    replays,
  ],
  {
    state: processSingleton("pump", createPumpState),
    onRun: noteRun,
    isBusy: createLoopWatch(),
  },
);
