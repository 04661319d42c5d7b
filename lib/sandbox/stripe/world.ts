/**
 * The account that the stand-in plays: its objects, its clock and its event log. Everything that changes an object goes
 * through `add`, `change` or `remove`, which make the event in the same breath.
 */
import type { SandboxStore } from "@/lib/sandbox/kernel/types";
import { createCachedStore } from "./cached-store";
import { createId } from "./ids";
import type { Row, TableName } from "./tables";
import type { EventEnvelope, EventType } from "./wire";
import { API_VERSION } from "./wire";

/** The API call that causes what happens; null ids when a person did it on a hosted page, or time did. */
export interface Cause {
  id: string | null;
  idempotency_key: string | null;
}

export interface WorldOptions {
  store: SandboxStore;
  /** Unix milliseconds. */
  now(): number;
  /** Where the stand-in is reached, no trailing slash. */
  baseUrl: string;
  /** Hands a new event to the webhook endpoints. */
  deliver(event: EventEnvelope): void;
  /** How many endpoints want events of a type. */
  countEndpoints(type: EventType): number;
}

export type World = ReturnType<typeof createWorld>;

/** The vendor keeps events for thirty days; a sandbox that is loaded on purpose should not keep them all, unless told to. */
const MAXIMUM_EVENTS = 10_000;

const NOBODY: Cause = { id: null, idempotency_key: null };

export function createWorld(options: WorldOptions) {
  const { baseUrl } = options;
  let cause = NOBODY;
  let revision = 0;
  const collection = (name: TableName) => `stripe.${name}`;

  const store = createCachedStore(options.store);
  const get = <Name extends TableName>(name: Name, id: string): Row<Name> | undefined =>
    store.get<Row<Name>>(collection(name), id);

  const put = <Name extends TableName>(name: Name, row: Row<Name>): Row<Name> => {
    revision += 1;
    return store.put(collection(name), row.id, row);
  };

  let replayedTime: number | null = null;
  /** Which events are made, none of them delivered; null: all, as usual. */
  let quietFilter: ((type: EventType) => boolean) | null = null;

  /** Unix seconds for everything that belongs to this customer: the time of its test clock, if it lives on one. */
  const nowFor = (customerId: string | null): number => {
    if (replayedTime !== null) return replayedTime;
    const clock = customerId === null ? null : get("customers", customerId)?.test_clock;
    const frozen = clock ? get("test_clocks", clock)?.frozen_time : undefined;
    return frozen ?? Math.floor(options.now() / 1000);
  };

  const remove = (name: TableName, id: string): void => {
    store.delete(collection(name), id);
    revision += 1;
  };

  const forgetOldEvents = () => {
    const size = store.size(collection("events"));
    if (size <= MAXIMUM_EVENTS) return;
    const [account] = store.list<Row<"account">>(collection("account"));
    const surplus = size - Math.max(MAXIMUM_EVENTS, account?.keptEvents ?? 0);
    for (const id of store.oldest(collection("events"), Math.max(0, surplus))) remove("events", id);
  };

  const emit = (type: EventType, object: object, previous?: object) => {
    if (quietFilter && !quietFilter(type)) return;
    const event: EventEnvelope = {
      id: createId("evt"),
      object: "event",
      api_version: API_VERSION,
      // Always the real time: whoever reads the log from a moment on must not miss what was made up for later.
      created: Math.floor(options.now() / 1000),
      data: previous ? { object, previous_attributes: previous } : { object },
      livemode: false,
      pending_webhooks: options.countEndpoints(type),
      request: cause,
      type,
    };
    revision += 1;
    store.putFrozen(collection("events"), event.id, event);
    forgetOldEvents();
    if (!quietFilter) options.deliver(event);
  };

  return {
    baseUrl,
    nowFor,
    now: () => nowFor(null),
    /** Grows with every write in this process. */
    revision: () => revision,
    get,
    put,
    emit,

    /** @throws Error when it is not there: for ids that our own objects refer to. */
    need<Name extends TableName>(name: Name, id: string): Row<Name> {
      const row = get(name, id);
      if (!row) throw new Error(`The sandbox has lost ${name}/${id}.`);
      return row;
    },

    /** Oldest first. */
    list<Name extends TableName>(name: Name): Row<Name>[] {
      return store.list<Row<Name>>(collection(name));
    },

    add<Name extends TableName>(name: Name, row: Row<Name>, type?: EventType): Row<Name> {
      const kept = put(name, row);
      if (type) emit(type, kept);
      return kept;
    },

    /** Merges `changes`; the event carries what the changed fields were before, and is not made when nothing changed. */
    change<Name extends TableName>(
      name: Name,
      id: string,
      changes: Partial<Row<Name>>,
      ...types: EventType[]
    ): Row<Name> {
      const before = get(name, id);
      if (!before) throw new Error(`The sandbox has lost ${name}/${id}.`);
      const after: Row<Name> = { ...before, ...changes };
      const previous = previousAttributes(before, after);
      if (Object.keys(previous).length === 0) return before;
      put(name, after);
      for (const type of types) emit(type, after, type.endsWith(".updated") ? previous : undefined);
      return after;
    },

    remove,

    /** To be called when the store was emptied by someone else. */
    forget(): void {
      store.forget();
      revision += 1;
    },

    /** Runs `action` as if it were that time (Unix seconds): what has come due happens when it was due, even if seen late. */
    at<Result>(time: number, action: () => Result): Result {
      const outer = replayedTime;
      replayedTime = time;
      try {
        return action();
      } finally {
        replayedTime = outer;
      }
    },

    /** Runs `action` with only the events that `wants` names, none of which is delivered. */
    quietly<Result>(wants: (type: EventType) => boolean, action: () => Result): Result {
      const outer = quietFilter;
      quietFilter = wants;
      try {
        return action();
      } finally {
        quietFilter = outer;
      }
    },

    /** Runs `action` with its API call noted on every event that it makes. Actions are synchronous, so calls never mix. */
    causedBy<Result>(call: Cause, action: () => Result): Result {
      const outer = cause;
      cause = call;
      try {
        return action();
      } finally {
        cause = outer;
      }
    },
  };
}

/**
 * The old values of what changed, as in `data.previous_attributes`: inside a hash only the changed keys, a list whole.
 * https://docs.stripe.com/api/events/object#event_object-data-previous_attributes
 */
function previousAttributes(before: object, after: object): Record<string, unknown> {
  const previous: Record<string, unknown> = {};
  const old = new Map<string, unknown>(Object.entries(before));
  const fresh = new Map<string, unknown>(Object.entries(after));
  for (const key of new Set([...old.keys(), ...fresh.keys()])) {
    const [left, right] = [old.get(key), fresh.get(key)];
    // What a change did not touch is the very same: no need to look inside.
    if (left === right || JSON.stringify(left) === JSON.stringify(right)) continue;
    previous[key] = isHash(left) && isHash(right) ? previousAttributes(left, right) : (left ?? null);
  }
  return previous;
}

function isHash(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
