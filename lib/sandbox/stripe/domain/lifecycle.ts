/**
 * What time does to an account: sessions expire, trials end, periods renew, failed payments are tried again. Nothing else
 * in the stand-in looks at whether something is due; a subscription's time is the one of its customer, which may stand on
 * a test clock.
 */
import { settingsOf } from "../settings";
import type { Invoice, Subscription } from "../wire";
import type { World } from "../world";
import { cancelSubscription } from "./cancellations";
import { expireSession } from "./checkout";
import { voidInvoice } from "./invoices";
import { settleLater } from "./later";
import { announceUpcoming, finalizeCycle, renew } from "./renewals";
import { collectInvoice, defaultMethodOf } from "./subscriptions";

/** How long a first payment may be outstanding. https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses */
const INCOMPLETE_FOR = 23 * 3600;
const DAY = 24 * 3600;
/** `customer.subscription.trial_will_end` comes so long before. */
const WARNED_BEFORE = 3 * DAY;

/** Bounds how much a long sleep makes up for at once. */
const MAXIMUM_STEPS = 150;

/** Lets everything happen that is due by now. Cheap to call often. */
export function settleDue(world: World): void {
  for (const session of world.list("checkout_sessions")) {
    if (session.status === "open" && session.expires_at <= world.now()) expireSession(world, session.id);
  }
  settleLater(world);
  for (const subscription of world.list("subscriptions")) settleSubscription(world, subscription.id);
}

/** The next time (Unix seconds) at which `settleDue` has anything to do; infinite when never. */
export function nextDueAt(world: World): number {
  let soonest = Number.POSITIVE_INFINITY;
  for (const session of world.list("checkout_sessions")) {
    if (session.status === "open") soonest = Math.min(soonest, session.expires_at);
  }
  for (const { at } of world.list("later")) soonest = Math.min(soonest, at);
  for (const subscription of world.list("subscriptions")) {
    // What stands on a test clock waits for that.
    if (subscription.test_clock) continue;
    soonest = Math.min(soonest, dueAtOf(world, subscription)?.at ?? Number.POSITIVE_INFINITY);
  }
  return soonest;
}

type DueKind =
  | "announce_upcoming"
  | "cancel"
  | "expire_incomplete"
  | "finalize"
  | "renew"
  | "retry"
  | "warn_of_trial_end";
interface Due {
  at: number;
  kind: DueKind;
}

/** Of what is due at the same moment the first here comes first: a cancellation at the very end of a period before its renewal. */
const ORDER: readonly DueKind[] = [
  "warn_of_trial_end",
  "announce_upcoming",
  "finalize",
  "retry",
  "cancel",
  "renew",
  "expire_incomplete",
];

function dueAtOf(world: World, subscription: Subscription): Due | null {
  const { status } = subscription;
  if (status === "incomplete")
    return { at: subscription.created + INCOMPLETE_FOR, kind: "expire_incomplete" };
  if (!["active", "trialing", "past_due", "unpaid"].includes(status)) return null;
  const periodEnd = subscription.items.data[0]?.current_period_end ?? Number.POSITIVE_INFINITY;
  const candidates: Due[] = [{ at: periodEnd, kind: "renew" }];
  if (subscription.cancel_at !== null) candidates.push({ at: subscription.cancel_at, kind: "cancel" });
  const invoice = latestInvoiceOf(world, subscription);
  if (invoice?.status === "draft" && invoice.auto_advance && invoice.automatically_finalizes_at !== null) {
    candidates.push({ at: invoice.automatically_finalizes_at, kind: "finalize" });
  }
  const retryAt = status === "past_due" && invoice?.status === "open" ? retryAtOf(world, invoice) : null;
  if (retryAt !== null) candidates.push({ at: retryAt, kind: "retry" });
  candidates.push(...announcements(world, subscription, periodEnd));
  return candidates.reduce((first, next) => {
    if (next.at !== first.at) return next.at < first.at ? next : first;
    return ORDER.indexOf(next.kind) < ORDER.indexOf(first.kind) ? next : first;
  });
}

function latestInvoiceOf(world: World, subscription: Subscription): Invoice | undefined {
  return subscription.latest_invoice ? world.get("invoices", subscription.latest_invoice) : undefined;
}

/** An invoice whose attempts are used up ends its subscription at once; one that nobody could try gets a fortnight. */
function retryAtOf(world: World, invoice: Invoice): number | null {
  if (invoice.next_payment_attempt !== null) return invoice.next_payment_attempt;
  return settingsOf(world).afterRetries === "leave_past_due" ? null : invoice.created + 15 * DAY;
}

/** What is told ahead of time, each once. */
function announcements(world: World, subscription: Subscription, periodEnd: number): Due[] {
  const { id, status, trial_end: trialEnd } = subscription;
  const told = world.get("subscription_records", id);
  const due: Due[] = [];
  if (status === "trialing" && trialEnd !== null && told?.warnedFor !== trialEnd) {
    due.push({ at: Math.max(subscription.created, trialEnd - WARNED_BEFORE), kind: "warn_of_trial_end" });
  }
  const ahead = settingsOf(world).upcomingDays * DAY;
  const periodStart = subscription.items.data[0]?.current_period_start ?? periodEnd;
  const renews = status !== "unpaid" && subscription.cancel_at === null;
  if (renews && ahead > 0 && periodEnd - periodStart > ahead && told?.announcedFor !== periodEnd) {
    due.push({ at: periodEnd - ahead, kind: "announce_upcoming" });
  }
  return due;
}

/** Lets happen what is due for one subscription, each thing at the time at which it was due. */
export function settleSubscription(world: World, id: string): void {
  for (let count = 0; count < MAXIMUM_STEPS; count += 1) {
    const subscription = world.need("subscriptions", id);
    const due = dueAtOf(world, subscription);
    if (!due || due.at > world.nowFor(subscription.customer)) return;
    world.at(due.at, () => STEPS[due.kind](world, subscription));
  }
}

const STEPS: Record<DueKind, (world: World, subscription: Subscription) => void> = {
  announce_upcoming: announceUpcoming,
  cancel: cancelOnTime,
  expire_incomplete: expireIncomplete,
  finalize: finalizeCycle,
  renew,
  retry,
  warn_of_trial_end: warnOfTrialEnd,
};

function cancelOnTime(world: World, subscription: Subscription): void {
  const { comment = null, feedback = null } = subscription.cancellation_details ?? {};
  cancelSubscription(world, subscription.id, { reason: "cancellation_requested", comment, feedback });
}

function warnOfTrialEnd(world: World, subscription: Subscription): void {
  const { id, trial_end: warnedFor } = subscription;
  const told = world.get("subscription_records", id) ?? { id, announcedFor: null };
  world.put("subscription_records", { ...told, warnedFor });
  world.emit("customer.subscription.trial_will_end", subscription);
}

function expireIncomplete(world: World, subscription: Subscription): void {
  const invoice = latestInvoiceOf(world, subscription);
  if (invoice?.status === "open") voidInvoice(world, invoice.id);
  const changes = { status: "incomplete_expired" as const, ended_at: world.nowFor(subscription.customer) };
  world.change("subscriptions", subscription.id, changes, "customer.subscription.updated");
}

function retry(world: World, subscription: Subscription): void {
  const invoice = world.need("invoices", subscription.latest_invoice ?? "");
  const method = defaultMethodOf(world, subscription);
  if (invoice.next_payment_attempt !== null && method) collectInvoice(world, invoice.id, method);
  if (world.need("invoices", invoice.id).next_payment_attempt !== null) return;
  if (world.need("subscriptions", subscription.id).status !== "past_due") return;
  giveUp(world, subscription);
}

/** Every attempt has failed. https://docs.stripe.com/billing/revenue-recovery/smart-retries#subscription-failure-behavior */
function giveUp(world: World, subscription: Subscription): void {
  const { afterRetries } = settingsOf(world);
  if (afterRetries === "cancel") cancelSubscription(world, subscription.id, { reason: "payment_failed" });
  else if (afterRetries === "mark_unpaid") {
    world.change("subscriptions", subscription.id, { status: "unpaid" }, "customer.subscription.updated");
  }
}
