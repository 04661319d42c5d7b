import { eventually } from "./poll";
import { stackUnderTest } from "./stack-under-test";

/** What tests ask of the sandbox behind the app's back: the payments API, as the vendor's customer would, and faults. */

interface ListOf<T> {
  data: T[];
  has_more: boolean;
}

export interface SandboxCustomer {
  id: string;
  email: string | null;
}

export interface SandboxSubscription {
  id: string;
  status: string;
}

export interface SandboxCheckout {
  id: string;
  status: string;
}

/** All pages of a list, the newest first. */
async function list<T extends { id: string }>(path: string, query: Record<string, string>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const url = new URL(`/v1/${path}`, stackUnderTest().payments);
    const after = all.at(-1)?.id;
    const page = { limit: "100", ...query, ...(after === undefined ? {} : { starting_after: after }) };
    for (const [name, value] of Object.entries(page)) url.searchParams.set(name, value);
    const response = await fetch(url, { headers: { authorization: "Bearer sk_test_sandbox" } });
    if (!response.ok)
      throw new Error(`${url.pathname} answered ${response.status}: ${await response.text()}`);
    const { data, has_more } = (await response.json()) as ListOf<T>;
    all.push(...data);
    if (!has_more) return all;
  }
}

export const customersOf = (email: string) => list<SandboxCustomer>("customers", { email });

/** Everything that was ever begun for a person, by the one customer that stands for them. */
export async function billingOf(email: string) {
  const [customer, ...others] = await customersOf(email);
  if (!customer) throw new Error(`no customer for ${email} at the payments sandbox`);
  const [subscriptions, checkouts, invoices] = await Promise.all([
    list<SandboxSubscription>("subscriptions", { customer: customer.id, status: "all" }),
    list<SandboxCheckout>("checkout/sessions", { customer: customer.id }),
    list<{ id: string }>("invoices", { customer: customer.id }),
  ]);
  return { customer, others, subscriptions, checkouts, invoices };
}

export interface SandboxEvent {
  id: string;
  type: string;
  data: { object: { id?: string; customer?: string | null } };
}

/** Every event of a customer's objects, the newest first. */
export async function eventsOf(customerId: string): Promise<SandboxEvent[]> {
  const events = await list<SandboxEvent>("events", {});
  return events.filter(({ data: { object } }) => object.customer === customerId || object.id === customerId);
}

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${stackUnderTest().control}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (!response.ok)
    throw new Error(
      `${method} ${path} of the sandbox's control: ${response.status} ${await response.text()}`,
    );
  return response.json();
}

export interface FaultInput {
  vendor: "stripe" | "resend" | "sendgrid" | "oncall";
  kind: "latency" | "status" | "hang" | "reset" | "refused" | "truncate" | "garbage" | "lost";
  route?: string;
  phase?: "headers" | "body";
  status?: number;
  latencyMs?: number;
  times?: number;
}

/** Makes every vendor well again. */
export async function clearFaults(): Promise<void> {
  await control("DELETE", "/faults");
}

/** The whole suite shares the sandbox: only for files whose tests run one after another. */
export async function withFaults<T>(faults: readonly FaultInput[], work: () => Promise<T>): Promise<T> {
  for (const fault of faults) await control("POST", "/faults", fault);
  try {
    return await work();
  } finally {
    await clearFaults();
  }
}

export const withFault = <T>(fault: FaultInput, work: () => Promise<T>) => withFaults([fault], work);

/** What a vendor would tell meanwhile is kept back, and sent when the work is done. As `withFaults`. */
export async function withDeliveriesHeld<T>(
  vendor: FaultInput["vendor"],
  work: () => Promise<T>,
): Promise<T> {
  await control("POST", "/deliveries", { vendor, state: "held" });
  try {
    return await work();
  } finally {
    await control("POST", "/deliveries", { vendor, state: "on" });
  }
}

/** How many faults are still to come. */
export async function openFaults(): Promise<number> {
  const { faults } = (await control("GET", "/faults")) as { faults: unknown[] };
  return faults.length;
}

interface RequestsAnswer {
  counts: Record<string, number>;
  effects: Record<string, Record<string, number>>;
}

/** How many calls each vendor has had since the sandbox began. */
export async function requestCounts(): Promise<Record<string, number>> {
  const { counts } = (await control("GET", "/requests?format=json")) as RequestsAnswer;
  return counts;
}

interface Delivery {
  id: string;
  state: "pending" | "delivered" | "failed";
  attempts: number;
}

async function deliveries(): Promise<Delivery[]> {
  const state = (await control("GET", "/state")) as { vendors: { stripe: { deliveries: Delivery[] } } };
  return state.vendors.stripe.deliveries;
}

/** Has the sandbox send these events again, and waits until the app has taken each of them once more. */
export async function redeliver(eventIds: readonly string[]): Promise<void> {
  const before = new Map((await deliveries()).map(({ id, attempts }) => [id, attempts]));
  for (const id of eventIds) {
    const response = await fetch(`${stackUnderTest().payments}/events/${id}/redeliver`, {
      method: "POST",
      redirect: "manual",
    });
    if (response.status !== 303) throw new Error(`redelivering ${id} answered ${response.status}`);
  }
  await eventually("the events to be delivered again", async () => {
    const now = new Map((await deliveries()).map((delivery) => [delivery.id, delivery]));
    return eventIds.every((id) => {
      const delivery = now.get(id);
      return delivery?.state === "delivered" && delivery.attempts > (before.get(id) ?? 0);
    });
  });
}
