/** Guards when the pump holds back: while its process computes, not while it waits. */
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLoopWatch } from "@/lib/pump/loop-busy";

async function compute(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}

test("a process is busy once it has computed for a while, and no longer once it has waited for one", async () => {
  const isBusy = createLoopWatch();
  expect(isBusy(), "too short to tell").toBe(false);
  await compute(400);
  expect(isBusy()).toBe(true);
  await wait(400);
  expect(isBusy()).toBe(false);
});
