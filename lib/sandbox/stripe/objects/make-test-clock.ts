import { createId } from "../ids";
import type { TestClock } from "../wire";

export interface TestClockInput {
  /** Unix seconds, of the real clock. */
  created: number;
  frozenTime: number;
  name: string | null;
}

const DELETED_AFTER = 30 * 24 * 3600;

export function makeTestClock(input: TestClockInput): TestClock {
  return {
    id: createId("clock"),
    object: "test_helpers.test_clock",
    created: input.created,
    deletes_after: input.created + DELETED_AFTER,
    frozen_time: input.frozenTime,
    livemode: false,
    name: input.name,
    status: "ready",
    status_details: {},
  };
}
