import { expect, test } from "vitest";
import { afterOrAborted, sleep } from "@/lib/resilience/clock";
import { createFakeClock } from "@/tests/support/fake-clock";
import { outcomeOf } from "@/tests/support/policy-under-test";

test("a wait is over when its time is", async () => {
  const clock = createFakeClock();
  const wait = outcomeOf(sleep(clock, 500, new AbortController().signal));
  await clock.advance(499);
  expect(wait.state).toBe("pending");
  await clock.advance(1);
  expect(wait.state).toBe("resolved");
});

test("a wait is over as soon as its signal aborts, and leaves no timer behind", async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const wait = outcomeOf(sleep(clock, 500, controller.signal));
  await clock.advance(100);
  controller.abort();
  await clock.advance(0);
  expect(wait.state).toBe("resolved");
  expect(clock.waiting()).toBe(0);
});

test("a wait whose signal has aborted before is over at once", async () => {
  const clock = createFakeClock();
  const wait = outcomeOf(sleep(clock, 500, AbortSignal.abort()));
  await clock.advance(0);
  expect(wait.state).toBe("resolved");
});

test("who called a wait off is called back by neither time nor signal", async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  let calls = 0;
  const callOff = afterOrAborted(clock, { milliseconds: 500, signal: controller.signal }, () => {
    calls += 1;
  });
  callOff();
  controller.abort();
  await clock.advance(1_000);
  expect(calls).toBe(0);
});
