/** What there is to sweep: how each kind is listed, compared and repaired. */
import { db } from "@/lib/db/client";
import { nextFence } from "@/lib/db/fence";
import {
  type CopiedKind,
  findCustomerCopies,
  findKnownOwners,
  findSubscriptionCopies,
  type SubscriptionCopy,
} from "@/lib/db/vendor-copies";
import { insertOwnEvent } from "@/lib/db/webhook-events";
import { payments } from "@/lib/integrations/payments";
import type {
  ListedCustomer,
  ListPage,
  PaymentsProvider,
  SubscriptionSnapshot,
} from "@/lib/integrations/payments/port";
import { logger } from "@/lib/logger";
import { SYNC_REQUESTS } from "@/lib/sync/request-sync";
import { subscriptionVerdict } from "./compare";
import type { Suspect } from "./sweep-state";

/** A page, compared with our copies. */
export interface ComparedPage {
  ids: string[];
  next: string | null;
  suspects: Suspect[];
  /** Of another product of the same account: nothing of ours. */
  strangers: number;
}

export interface Sweep {
  copies: CopiedKind;
  readPage(cursor: string | null): Promise<ComparedPage>;
  /** Has the vendor say of one that it does not list whether it knows it, and whether our copy of it is right. */
  ask(id: string): Promise<"same" | "differs" | "gone">;
  /** How our copies of these stand now; an empty mark for a copy that is missing. */
  marks(ids: readonly string[]): Promise<Map<string, string>>;
  /** Has one looked at by whoever handles the vendor's own events; asked again in the same sweep, it is one request. */
  requestSync(runId: string, id: string): Promise<void>;
}

/** Through the inbox like all that the vendor says: one path alone writes our copies. */
async function request(type: string, runId: string, objectId: string): Promise<void> {
  await insertOwnEvent(db(), { externalId: `sweep:${runId}:${objectId}`, type, objectId, dueAt: new Date() });
}

type SubscriptionsPage = Awaited<ReturnType<PaymentsProvider["listSubscriptionsPage"]>>;

const markOf = (copy: SubscriptionCopy | undefined) => copy?.fence.toString() ?? "";

async function compareSubscriptions(
  { items, unreadable, next }: SubscriptionsPage,
  fence: bigint,
): Promise<ComparedPage> {
  // What cannot be read is not compared, and is there all the same.
  for (const id of unreadable) logger.error({ id }, "a listed subscription cannot be read: left out");
  const ids = [...items.map(({ id }) => id), ...unreadable];
  const copies = await findSubscriptionCopies(ids);
  const wrong = items.filter((item) => {
    const verdict = subscriptionVerdict(item, copies.get(item.id), fence);
    return verdict === "differs" || verdict === "missing";
  });
  const missing = wrong.filter(({ id }) => !copies.has(id));
  const owners = await findKnownOwners({
    customerIds: missing.map(({ customerId }) => customerId),
    workspaceIds: missing.flatMap(({ workspaceId }) => workspaceId ?? []),
  });
  const isOurs = ({ id, customerId, workspaceId }: SubscriptionSnapshot) =>
    copies.has(id) ||
    owners.customers.has(customerId) ||
    (workspaceId !== null && owners.workspaces.has(workspaceId));
  const suspects = wrong.filter(isOurs).map(({ id }) => ({ id, mark: markOf(copies.get(id)) }));
  return { ids, next, suspects, strangers: wrong.length - suspects.length };
}

const subscriptions: Sweep = {
  copies: "subscription",
  readPage: async (cursor) => {
    // Before the list is read: a copy under a higher fence was read later than the list, and knows better.
    const fence = await nextFence();
    return compareSubscriptions(await payments().listSubscriptionsPage({ cursor }), fence);
  },
  ask: async (id) => {
    const fence = await nextFence();
    const snapshot = await payments().getSubscription(id);
    if (!snapshot) return "gone";
    const copy = (await findSubscriptionCopies([id])).get(id);
    const verdict = subscriptionVerdict(snapshot, copy, fence);
    return verdict === "same" || verdict === "newer" ? "same" : "differs";
  },
  marks: async (ids) => {
    const copies = await findSubscriptionCopies(ids);
    return new Map(ids.map((id) => [id, markOf(copies.get(id))]));
  },
  requestSync: (runId, id) => request(SYNC_REQUESTS.subscription, runId, id),
};

const customerMark = (copy: { isDeleted: boolean } | undefined) =>
  copy ? (copy.isDeleted ? "deleted" : "known") : "";

/**
 * Of a customer only its being there is compared. One of ours that has no copy is no drift: it grants nothing, and the
 * next checkout of its workspace looks for it at the vendor.
 */
async function compareCustomers({ items, next }: ListPage<ListedCustomer>): Promise<ComparedPage> {
  const ids = items.map(({ id }) => id);
  const copies = await findCustomerCopies(ids);
  const suspects = items
    .filter(({ id }) => copies.get(id)?.isDeleted)
    .map(({ id }) => ({ id, mark: customerMark(copies.get(id)) }));
  return { ids, next, suspects, strangers: ids.filter((id) => !copies.has(id)).length };
}

const customers: Sweep = {
  copies: "customer",
  readPage: async (cursor) => compareCustomers(await payments().listCustomersPage({ cursor })),
  ask: async (id) => {
    const customer = await payments().getCustomer(id);
    // Whoever says that it was deleted knows it, and need not be doubted as one who knows nothing.
    if (customer?.deleted) return "differs";
    return customer ? "same" : "gone";
  },
  marks: async (ids) => {
    const copies = await findCustomerCopies(ids);
    return new Map(ids.map((id) => [id, customerMark(copies.get(id))]));
  },
  requestSync: (runId, id) => request(SYNC_REQUESTS.customer, runId, id),
};

export const SWEEPS = { SUBSCRIPTIONS: subscriptions, CUSTOMERS: customers } as const;
