/** Guards turns: of all who come by when something is due one has it, and nobody has it for ever. */
import { afterAll, beforeEach, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { eventually } from "@/tests/support/poll";

const backend = await startBackend();
const { claimSchedule, endSchedule, makeScheduleDue, readSchedule } = await import("@/lib/db/schedule");

beforeEach(() => backend.rows("DELETE FROM schedule"));
afterAll(() => backend.stop());

const HOUR_MS = 3_600_000;
/** How many of so many who come at once have the turn. */
async function turnsOf(callers: number, everyMs = HOUR_MS): Promise<number> {
  const turns = await Promise.all(Array.from({ length: callers }, () => claimSchedule("work", everyMs)));
  return turns.filter(Boolean).length;
}

test("the first one ever has the turn, whoever comes at the same moment, and the next one when it is due", async () => {
  expect(await turnsOf(40)).toBe(1);
  expect(await turnsOf(40)).toBe(0);
  await backend.rows("UPDATE schedule SET due_at = now()");
  expect(await turnsOf(40)).toBe(1);
  expect(await claimSchedule("other work", HOUR_MS)).toBe(true);
});

test("as many turns are had as there is time for, however many ask", async () => {
  const begun = Date.now();
  let turns = 0;
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      while (Date.now() - begun < 600) if (await claimSchedule("work", 100)) turns += 1;
    }),
  );
  const most = Math.floor((Date.now() - begun) / 100) + 1;
  expect(turns).toBeGreaterThan(1);
  expect(turns).toBeLessThanOrEqual(most);
});

test("a turn that lies further ahead than its interval is had: the clock was set back, or the interval changed", async () => {
  await claimSchedule("work", 24 * HOUR_MS);
  expect(await turnsOf(40, HOUR_MS)).toBe(1);
  expect(await turnsOf(40, HOUR_MS)).toBe(0);
});

test("a turn that nobody ended can be told from one that was", async () => {
  expect(await readSchedule("work")).toBeNull();
  await claimSchedule("work", HOUR_MS);
  expect(await readSchedule("work")).toEqual({
    startedSecondsAgo: expect.any(Number),
    endedSecondsAgo: null,
  });
  await endSchedule("work");
  await eventually("a moment to pass", async () => {
    const read = await readSchedule("work");
    return read?.endedSecondsAgo != null && read.endedSecondsAgo > 0;
  });
});

test("what is made due is had by the next one", async () => {
  await claimSchedule("work", HOUR_MS);
  await makeScheduleDue("work");
  expect(await turnsOf(10)).toBe(1);
});
