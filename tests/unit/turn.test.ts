import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { takeTurn } from "@/lib/turn";

const EVERY_MS = 5_000;

test("a turn is taken at once, and again when its time has passed and not before", () => {
  const name = randomUUID();
  const taken = [0, 0, 4_999, 5_000, 9_999, 60_000].map((now) => takeTurn(name, EVERY_MS, now));
  expect(taken).toEqual([true, false, false, true, false, true]);
});

test("one turn is not another's", () => {
  expect(takeTurn(randomUUID(), EVERY_MS, 0)).toBe(true);
  expect(takeTurn(randomUUID(), EVERY_MS, 0)).toBe(true);
});

test("a clock that was set back takes nobody's turn away", () => {
  const name = randomUUID();
  takeTurn(name, EVERY_MS, 3_600_000);
  expect(takeTurn(name, EVERY_MS, 0)).toBe(true);
});
