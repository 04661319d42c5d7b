/** Guards that callers who store together are told apart: nobody pays for another one's items, and nobody waits for ever. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createGroupCommit } from "@/lib/db/group-commit";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Statements that end when the test says so. */
function desk(options: { lanes?: number; mostItems?: number } = {}) {
  const sent: { items: readonly string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const store = (items: readonly string[]) =>
    new Promise<void>((end, fail) => {
      sent.push({ items, end, fail });
    });
  const commit = createGroupCommit<string>({
    ...{ store, lanes: 1, mostItems: 10, deadlineMs: 4_000 },
    ...options,
  });
  /** What becomes of it, as far as is known. */
  const ask = (...items: string[]) => {
    const asked: { outcome: unknown } = { outcome: "open" };
    commit(items).then(
      () => {
        asked.outcome = "stored";
      },
      (error: unknown) => {
        asked.outcome = error;
      },
    );
    return asked;
  };
  return { sent, ask, items: () => sent.map((one) => one.items.join(" ")) };
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const refused = (code: string) => Object.assign(new Error("refused"), { code });

test("nobody waits while there is a lane to spare; who comes then goes together", async () => {
  const { ask, sent, items } = desk({ lanes: 2 });
  const asked = ["a", "b", "c", "d", "e"].map((item) => ask(item));
  expect(items()).toEqual(["a", "b"]);
  sent[1]?.end();
  await settled();
  expect(items()).toEqual(["a", "b", "c d e"]);
  expect(asked.map(({ outcome }) => outcome)).toEqual(["open", "stored", "open", "open", "open"]);
  sent[2]?.end();
  await settled();
  expect(asked.map(({ outcome }) => outcome)).toEqual(["open", ...Array(4).fill("stored")]);
});

test("no statement has more than the most, unless one caller brings it; what one brings is not divided", async () => {
  const { ask, sent, items } = desk({ mostItems: 3 });
  ask("first");
  ask("a", "b");
  ask("c", "d");
  ask("e");
  ask("f", "g", "h", "i");
  for (let index = 0; index < 4; index += 1) {
    sent[index]?.end();
    await settled();
  }
  expect(items()).toEqual(["first", "a b", "c d e", "f g h i"]);
});

test("whose time was over when a statement failed is not sent again", async () => {
  const { ask, sent, items } = desk();
  ask("first");
  ask("late");
  ask("late too");
  sent[0]?.end();
  await vi.advanceTimersByTimeAsync(4_000);
  sent[1]?.fail(refused("22P05"));
  await settled();
  expect(items()).toEqual(["first", "late late too"]);
});

describe("when a statement fails", () => {
  test.each(["22P05", "23505", "40P01", "54000"])(
    "of what was sent (%s), each caller's is sent alone",
    async (code) => {
      const { ask, sent, items } = desk();
      ask("first");
      const [good, bad, other] = [ask("good"), ask("bad", "bad too"), ask("other")];
      sent[0]?.end();
      await settled();
      sent[1]?.fail(refused(code));
      await settled();
      const later = ask("later");
      for (const index of [2, 3, 4, 5]) {
        if (sent[index]?.items.includes("bad")) sent[index]?.fail(refused(code));
        else sent[index]?.end();
        await settled();
      }
      expect(items()).toEqual(["first", "good bad bad too other", "good", "bad bad too", "other", "later"]);
      expect(bad.outcome).toMatchObject({ code });
      expect([good, other, later].map(({ outcome }) => outcome)).toEqual(["stored", "stored", "stored"]);
    },
  );

  test.each(["57P01", "08006", "ECONNREFUSED", "53300"])(
    "of the database (%s), all hear of it, once",
    async (code) => {
      const { ask, sent, items } = desk();
      ask("first");
      const asked = [ask("a"), ask("b")];
      sent[0]?.end();
      await settled();
      sent[1]?.fail(refused(code));
      await settled();
      expect(items()).toEqual(["first", "a b"]);
      expect(asked.map(({ outcome }) => outcome)).toMatchObject([{ code }, { code }]);
    },
  );
});

test("each is answered within the deadline, and what had no turn by then is not stored", async () => {
  const { ask, sent, items } = desk();
  const stuck = ask("stuck");
  const early = ask("early");
  await vi.advanceTimersByTimeAsync(3_000);
  const late = ask("late");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stuck.outcome).toBeInstanceOf(Error);
  expect(early.outcome).toBeInstanceOf(Error);
  expect(late.outcome).toBe("open");
  sent[0]?.end();
  await settled();
  expect(items()).toEqual(["stuck", "late"]);
  sent[1]?.end();
  await settled();
  expect(late.outcome).toBe("stored");
  expect(vi.getTimerCount()).toBe(0);
});
