/** Guards the database: migrations make exactly what prisma/schema says, and no foreign key lacks an index. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schemaDrift, schemaSource } from "@/scripts/stack/migrate";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";
import startServer from "@/tests/support/global-database";
import { REPOSITORY } from "@/tests/support/source-files";

let stopServer: (() => Promise<void>) | undefined;
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  stopServer = await startServer();
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
  await stopServer?.();
});

const rows = async (sql: string) => (await client.query<Record<string, string>>(sql)).rows;

describe("the migrations", () => {
  test("make what prisma/schema says", async () => {
    expect(await schemaDrift(database.url, schemaSource(REPOSITORY))).toBe("");
  });
});

describe("the tables", () => {
  test("have an index that begins with the columns of each foreign key", async () => {
    // Without it, deleting a parent row scans the whole child table.
    const unindexed = await rows(`
      SELECT conrelid::regclass::text AS "table", conname AS "key"
        FROM pg_constraint AS c
       WHERE contype = 'f'
         AND NOT EXISTS (
           SELECT 1 FROM pg_index AS i
            WHERE i.indrelid = c.conrelid
              AND i.indpred IS NULL
              AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)`);
    expect(unindexed).toEqual([]);
  });

  test("say of each foreign key what happens to the child", async () => {
    const keys = await rows(`
      SELECT conrelid::regclass::text AS "table", conname AS "key", confdeltype AS "rule"
        FROM pg_constraint WHERE contype = 'f'`);
    expect(keys.length).toBeGreaterThan(5);
    // "a" is NO ACTION and "r" RESTRICT: both would be a decision that nobody has written down.
    expect(keys.filter(({ rule }) => rule !== "c" && rule !== "n")).toEqual([]);
  });

  test("keep every moment with its time zone", async () => {
    const naive = await rows(`
      SELECT table_name || '.' || column_name AS "column" FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'`);
    expect(naive).toEqual([]);
  });

  test("make vendors' ids unique by provider, mode and account", async () => {
    for (const table of ["billing_customer", "subscription", "invoice"]) {
      const unique = await rows(`SELECT indexdef FROM pg_indexes WHERE tablename = '${table}'`);
      expect(
        unique.some(({ indexdef }) =>
          /UNIQUE.*\(provider, mode, account, external_id\)/.test(indexdef ?? ""),
        ),
        table,
      ).toBe(true);
    }
  });
});
