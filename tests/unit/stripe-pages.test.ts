/** Guards the way through a vendor's long lists: no object is passed over, whatever is deleted or added meanwhile. */
import { describe, expect, test } from "vitest";
import { IntegrationError } from "@/lib/errors/integration-error";
import { mapReadable, type PageParams, readPage } from "@/lib/integrations/payments/stripe/pages";

interface Thing {
  id: string;
  created: number;
}

/** A list as Stripe serves it: newest first, after an object that must be there. */
function vendorOf(things: Thing[], pageSize: number) {
  return {
    things,
    list: async ({ starting_after, created }: PageParams) => {
      const newestFirst = things.toReversed().filter((thing) => {
        const { gte = Number.NEGATIVE_INFINITY, lte = Number.POSITIVE_INFINITY } = created ?? {};
        return thing.created >= gte && thing.created <= lte;
      });
      const after = newestFirst.findIndex(({ id }) => id === starting_after);
      if (starting_after !== undefined && after < 0) {
        throw new IntegrationError("not_found", { provider: "stripe", operation: "things.list" });
      }
      const data = newestFirst.slice(after + 1, after + 1 + pageSize);
      return { data, has_more: after + 1 + pageSize < newestFirst.length };
    },
  };
}

const make = (count: number, created: (index: number) => number = (index) => index): Thing[] =>
  Array.from({ length: count }, (_, index) => ({ id: `thing_${index}`, created: created(index) }));

async function readAll(
  vendor: ReturnType<typeof vendorOf>,
  { since = null, between = () => {} }: { since?: number | null; between?: (page: number) => void } = {},
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 100; page += 1) {
    const read: { data: Thing[]; next: string | null } = await readPage(cursor, since, vendor.list);
    ids.push(...read.data.map(({ id }) => id));
    if (read.next === null) return ids;
    cursor = read.next;
    between(page);
  }
  throw new Error("the list has no end");
}

describe("a list that is read in pages", () => {
  test("shows everything once, newest first", async () => {
    const ids = await readAll(vendorOf(make(25), 10));
    expect(ids).toEqual(
      make(25)
        .toReversed()
        .map(({ id }) => id),
    );
  });

  test("of nothing is one page", async () => {
    expect(await readAll(vendorOf([], 10))).toEqual([]);
  });

  test("of exactly a page has no second one", async () => {
    expect(await readAll(vendorOf(make(10), 10))).toHaveLength(10);
  });

  test("ends at the moment from which on it was asked for", async () => {
    const ids = await readAll(vendorOf(make(25), 10), { since: 15 });
    expect(ids.at(-1)).toBe("thing_15");
    expect(ids).toHaveLength(10);
  });

  test("goes on although the object at which it had arrived is gone", async () => {
    const vendor = vendorOf(make(25), 10);
    const ids = await readAll(vendor, { between: (page) => vendor.things.splice(15 - 10 * page, 1) });
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(ids).toHaveLength(25);
  });

  test("passes nothing over that was made in the second of the one that is gone", async () => {
    const vendor = vendorOf(
      make(25, () => 7),
      10,
    );
    const ids = await readAll(vendor, {
      between: (page) => {
        if (page === 0) vendor.things.splice(15, 1);
      },
    });
    expect(new Set(ids)).toEqual(new Set(make(25).map(({ id }) => id)));
  });

  test("does not show what was made after its beginning", async () => {
    const vendor = vendorOf(make(15), 10);
    const ids = await readAll(vendor, { between: () => vendor.things.push({ id: "late", created: 99 }) });
    expect(ids).not.toContain("late");
    expect(ids).toHaveLength(15);
  });

  test("that fails for another reason fails", async () => {
    const broken = async () => {
      throw new IntegrationError("unavailable", { provider: "stripe", operation: "things.list" });
    };
    await expect(readPage("1:thing_1", null, broken)).rejects.toMatchObject({ kind: "unavailable" });
    await expect(readPage("thing_1", null, broken)).rejects.toThrow("not a cursor");
  });
});

test("one that cannot be read is named, and the others are read all the same", () => {
  const read = mapReadable(make(3), ({ id, created }) => {
    if (created === 1)
      throw new IntegrationError("unknown", { provider: "stripe", operation: "read status" });
    return id;
  });
  expect(read).toEqual({ items: ["thing_0", "thing_2"], unreadable: ["thing_1"] });
});

test("a mistake of ours is not taken for something that cannot be read", () => {
  const broken = () => {
    throw new TypeError("ours");
  };
  expect(() => mapReadable(make(1), broken)).toThrow(TypeError);
});
