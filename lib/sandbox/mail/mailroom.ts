/**
 * The mails that one vendor took: taking one in, what happens to it afterwards, and the webhooks that tell of it. What is
 * told in which words is the vendor's; the rest is the same for all of them.
 */
import { randomUUID } from "node:crypto";
import type { DeliveryRecord, SandboxStore, WebhookDeliverer } from "@/lib/sandbox/kernel/types";
import { addressOf } from "./address";
import type { Mail, MailContent, MailState, MailVendor } from "./mail";

const MAILS = "mails";
const SUPPRESSIONS = "suppressions";
/** Time on the road between sent and delivered, in milliseconds. */
const DELIVERY_MS = 150;

/** The vendor's own way of telling what happened. */
export interface MailReports {
  /** The vendor's name of an event. */
  typeOf(state: MailState): string;
  /** The body of the webhook, the exact text. @param at Unix milliseconds */
  bodyOf(event: { state: MailState; mail: Mail; at: number; webhookId: string }): string;
}

export interface MailroomOptions {
  vendor: MailVendor;
  store: SandboxStore;
  deliverer: WebhookDeliverer;
  /** Unix milliseconds. */
  now(): number;
  /** Where the app takes this vendor's webhooks. */
  webhookUrl: string;
  reports: MailReports;
}

/** Why an address is on the vendor's own list. */
export type SuppressionOrigin = "bounced" | "complained";

interface Suppressed {
  origin: SuppressionOrigin;
}

export interface Mailroom {
  /** Takes a mail in: sent at once, and a moment later what the recipient's address asks for. */
  accept(id: string, content: MailContent, idempotencyKey: string | null): void;
  find(id: string): Mail | undefined;
  /** Newest first. */
  list(): Mail[];
  /**
   * Lets something happen to a mail and tells the app by webhook. An address whose mail came back, or was called spam,
   * gets onto the vendor's own list, and is written to no more.
   */
  record(id: string, state: MailState): void;
  /** Takes an address off that list, where it got onto it so; says whether it had. */
  unsuppress(address: string, because?: SuppressionOrigin): boolean;
  deliveries(): DeliveryRecord[];
  /** Sends a webhook again. */
  redeliver(webhookId: string): void;
  /** Sends a mail on its way that a killed sandbox left between sent and delivered. */
  resume(): void;
  /** Ends its timers; `resume` at the next start takes up what was on its way. */
  stop(): void;
}

export function createMailroom(options: MailroomOptions): Mailroom {
  const { vendor, store, deliverer, now, reports } = options;

  const record = (id: string, state: MailState) => {
    const mail = store.get<Mail>(MAILS, id);
    if (!mail) return; // A reset came in between.
    const at = now();
    const webhookId = `msg_${randomUUID().replaceAll("-", "")}`;
    store.atomically(() => {
      const event = { state, type: reports.typeOf(state), at, webhookId };
      store.put<Mail>(MAILS, id, { ...mail, state, events: [...mail.events, event] });
      const body = reports.bodyOf({ state, mail, at, webhookId });
      deliverer.enqueue({ id: webhookId, url: options.webhookUrl, body });
      if (state !== "bounced" && state !== "complained") return;
      for (const address of mail.to.map(keyOf).filter((one) => !isTestAddress(one)))
        store.put<Suppressed>(SUPPRESSIONS, address, { origin: state });
    });
  };

  const travelling = new Set<NodeJS.Timeout>();
  const travel = (id: string) => {
    const timer = setTimeout(() => {
      travelling.delete(timer);
      const mail = store.get<Mail>(MAILS, id);
      if (mail?.state !== "sent") return;
      const isSuppressed = mail.to.some((to) => store.get<Suppressed>(SUPPRESSIONS, keyOf(to)) !== undefined);
      for (const state of isSuppressed ? (["suppressed"] as const) : outcomesFor(mail.to)) record(id, state);
    }, DELIVERY_MS);
    travelling.add(timer);
  };

  return {
    accept(id, content, idempotencyKey) {
      store.atomically(() => {
        const mail: Mail = {
          ...content,
          id,
          vendor,
          createdAt: now(),
          idempotencyKey,
          state: "queued",
          events: [],
        };
        store.put<Mail>(MAILS, id, mail);
        record(id, "sent");
      });
      travel(id);
    },
    find: (id) => store.get<Mail>(MAILS, id),
    list: () => store.list<Mail>(MAILS).toReversed(),
    record,
    unsuppress(address, because) {
      const found = store.get<Suppressed>(SUPPRESSIONS, keyOf(address));
      if (found === undefined || (because !== undefined && found.origin !== because)) return false;
      store.delete(SUPPRESSIONS, keyOf(address));
      return true;
    },
    deliveries: () => deliverer.list(),
    redeliver: (webhookId) => deliverer.redeliver(webhookId),
    resume() {
      for (const { id, state } of store.list<Mail>(MAILS)) if (state === "sent") travel(id);
    },
    stop() {
      for (const timer of travelling) clearTimeout(timer);
      travelling.clear();
    },
  };
}

const keyOf = (to: string) => addressOf(to).toLowerCase();

/** What these do they do each time. */
const TEST_ADDRESS = /^(bounced|complained|suppressed)(\+[^@]*)?@resend\.dev$/i;
const isTestAddress = (address: string) => TEST_ADDRESS.test(address);

/**
 * Resend's own test addresses, with or without a `+label`, decide what becomes of a mail; every other one receives it.
 * SendGrid has none, so the same ones do for it. https://resend.com/docs/dashboard/emails/send-test-emails
 */
function outcomesFor(to: string[]): MailState[] {
  for (const recipient of to) {
    const test = TEST_ADDRESS.exec(addressOf(recipient));
    if (!test) continue;
    switch (test[1]?.toLowerCase()) {
      case "bounced":
        return ["bounced"];
      case "complained":
        return ["delivered", "complained"];
      case "suppressed":
        return ["suppressed"];
    }
  }
  return ["delivered"];
}
