/**
 * Test clocks: customers whose time stands still until somebody moves it on.
 * https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage
 *
 * Kept of the vendor's limits: only forwards; at most two intervals of the shortest subscription at a time, two years
 * where there is none; a clock that is moving on takes no other order. Not kept: three customers a clock and three
 * subscriptions a customer, which would only make tests longer.
 */
import { invalidRequest } from "../http/api-error";
import { makeTestClock } from "../objects/make-test-clock";
import type { Customer, Subscription, TestClock } from "../wire";
import type { World } from "../world";
import { cancelSubscription } from "./cancellations";
import { settleSubscription } from "./lifecycle";
import { longestPeriod } from "./periods";
import { isOver } from "./subscriptions";

const TWO_YEARS = 2 * 366 * 24 * 3600;

export interface TestClockRequest {
  frozenTime: number;
  name: string | null;
  /** A customer that is there already and moves onto the clock, with all that is its own. */
  customer: Customer | null;
}

export function createTestClock(world: World, { frozenTime, name, customer }: TestClockRequest): TestClock {
  if (customer?.test_clock) {
    throw invalidRequest(
      `The customer ${customer.id} is already attached to a test clock.`,
      undefined,
      "customer",
    );
  }
  const clock = makeTestClock({ created: world.now(), frozenTime, name });
  world.add("test_clocks", clock, "test_helpers.test_clock.created");
  if (customer) attach(world, clock.id, customer.id);
  return clock;
}

function attach(world: World, clock: string, customer: string): void {
  const changes = { test_clock: clock };
  world.change("customers", customer, changes);
  for (const { id } of subscriptionsOf(world, customer)) world.change("subscriptions", id, changes);
  for (const invoice of world.list("invoices")) {
    if (invoice.customer === customer) world.change("invoices", invoice.id, changes);
  }
}

/**
 * Begins to move a clock on; what comes due on the way happens when time is next looked at, and the clock is ready then.
 * @throws ApiError 400 for a time that is not ahead, or too far
 */
export function beginAdvance(world: World, clock: TestClock, target: number): TestClock {
  if (clock.status === "advancing") {
    throw invalidRequest(
      "Test clock advancement underway - cannot perform modifications. Please wait until the test clock's status is `ready`.",
      "test_clock_advancing",
    );
  }
  if (target <= clock.frozen_time) {
    throw invalidRequest(
      "Test clocks can only be advanced into the future: frozen_time must be after the test clock's current frozen time.",
      undefined,
      "frozen_time",
    );
  }
  if (target > furthest(world, clock)) {
    throw invalidRequest(
      "Cannot advance more than two intervals in the future from the shortest subscription in this test clock, or two years where there is none.",
      undefined,
      "frozen_time",
    );
  }
  const changes = {
    status: "advancing" as const,
    status_details: { advancing: { target_frozen_time: target } },
  };
  return world.change("test_clocks", clock.id, changes, "test_helpers.test_clock.advancing");
}

/** Two of the shortest interval from now, counted generously: a month has 31 days. */
function furthest(world: World, clock: TestClock): number {
  const intervals = customersOf(world, clock.id)
    .flatMap(({ id }) => subscriptionsOf(world, id))
    .filter((subscription) => !isOver(subscription))
    .flatMap(({ items }) => items.data)
    .flatMap(({ price }) => (price.recurring ? [longestPeriod(price.recurring)] : []));
  return clock.frozen_time + (intervals.length === 0 ? TWO_YEARS : 2 * Math.min(...intervals));
}

/** Moves on every clock that was told to. */
export function settleClocks(world: World): void {
  for (const clock of world.list("test_clocks")) {
    const target = clock.status_details.advancing?.target_frozen_time;
    if (target === undefined) continue;
    world.change("test_clocks", clock.id, { frozen_time: target });
    for (const customer of customersOf(world, clock.id)) {
      for (const { id } of subscriptionsOf(world, customer.id)) settleSubscription(world, id);
    }
    world.change(
      "test_clocks",
      clock.id,
      { status: "ready", status_details: {} },
      "test_helpers.test_clock.ready",
    );
  }
}

/** With a clock goes everything that lived on it. */
export function deleteTestClock(world: World, clock: TestClock): void {
  for (const customer of customersOf(world, clock.id)) {
    for (const subscription of subscriptionsOf(world, customer.id)) {
      if (!isOver(subscription))
        cancelSubscription(world, subscription.id, { reason: "cancellation_requested" });
    }
    world.remove("customers", customer.id);
    world.emit("customer.deleted", customer);
    world.put("deleted", { id: customer.id, object: "customer", deleted: true });
  }
  world.remove("test_clocks", clock.id);
  world.emit("test_helpers.test_clock.deleted", clock);
}

function customersOf(world: World, clock: string): Customer[] {
  return world.list("customers").filter((customer) => customer.test_clock === clock);
}

function subscriptionsOf(world: World, customer: string): Subscription[] {
  return world.list("subscriptions").filter((subscription) => subscription.customer === customer);
}
