import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withClient } from "@/scripts/stack/database-client";
import {
  applyMigrations,
  createMigration,
  dropEverything,
  migrationStatus,
  schemaDrift,
  schemaSource,
} from "@/scripts/stack/migrate";
import { REPOSITORY } from "@/scripts/stack/paths";
import type { SchemaSource } from "@/scripts/stack/schema-engine";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";

const repository = schemaSource(REPOSITORY);
let database: TestDatabase;
let scratch: SchemaSource;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  await dropEverything(database.url);
  folder = mkdtempSync(join(tmpdir(), "breakwater-migrations-"));
  scratch = { schemaDir: join(folder, "schema"), migrationsDir: join(folder, "migrations") };
  mkdirSync(scratch.schemaDir);
});

afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

function writeSchema(models: string): void {
  const datasource = 'datasource db {\n  provider = "postgresql"\n}\n';
  writeFileSync(join(scratch.schemaDir, "schema.prisma"), `${datasource}\n${models}\n`);
}

function writeMigration(name: string, sql: string): void {
  mkdirSync(join(scratch.migrationsDir, name), { recursive: true });
  writeFileSync(join(scratch.migrationsDir, name, "migration.sql"), sql);
}

const rows = (sql: string) => withClient(database.url, async (client) => (await client.query(sql)).rows);

it("the repository's migrations make exactly what its schema says", async () => {
  expect(await schemaDrift(database.url, repository)).toBe("");
});

it("the repository's migrations apply to an empty database, and a second time change nothing", async () => {
  const applied = await applyMigrations(database.url, repository);
  expect(applied.length).toBeGreaterThan(0);
  expect(await applyMigrations(database.url, repository)).toEqual([]);
  expect(await migrationStatus(database.url, repository)).toEqual({
    pending: [],
    edited: [],
    failed: [],
    unknown: [],
  });
});

it("a schema that says more than the migrations is a drift, named as SQL", async () => {
  writeSchema("model Boat {\n  id Int @id\n}");
  await createMigration(database.url, scratch, "init");
  writeSchema("model Boat {\n  id   Int    @id\n  name String\n}");
  expect(await schemaDrift(database.url, scratch)).toContain('ADD COLUMN     "name"');
});

it("a created migration holds what is missing and applies; a further one would be empty", async () => {
  writeSchema("model Boat {\n  id Int @id\n}");
  const created = await createMigration(database.url, scratch, "add_boats", new Date("2026-01-02T03:04:05Z"));
  expect(created?.file).toBe(join(scratch.migrationsDir, "20260102030405_add_boats", "migration.sql"));
  expect(readFileSync(created?.file ?? "", "utf8")).toContain('CREATE TABLE "Boat"');
  expect(await applyMigrations(database.url, scratch)).toEqual(["20260102030405_add_boats"]);
  expect(await createMigration(database.url, scratch, "again")).toBeUndefined();
});

it("a migration name that would make an odd folder is refused", async () => {
  writeSchema("model Boat {\n  id Int @id\n}");
  await expect(createMigration(database.url, scratch, "../boats")).rejects.toThrow(/no migration name/);
});

// The adapter that Prisma offers cuts a script at every ";", inside function bodies and strings too.
it("a migration with a function body runs whole", async () => {
  writeSchema("");
  writeMigration(
    "20260101000000_function",
    "CREATE FUNCTION answer() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 42; END; $$;\nCREATE TABLE said AS SELECT 'a;b' AS text;",
  );
  await applyMigrations(database.url, scratch);
  expect(await rows("SELECT answer(), (SELECT text FROM said)")).toEqual([{ answer: 42, text: "a;b" }]);
});

it("a migration that fails in the middle leaves nothing of itself behind, and is known as failed", async () => {
  writeSchema("");
  writeMigration("20260101000000_broken", "CREATE TABLE first (id int);\nSELECT * FROM nowhere;");
  await expect(applyMigrations(database.url, scratch)).rejects.toThrow(/nowhere/);
  expect(await rows("SELECT to_regclass('first') AS first")).toEqual([{ first: null }]);
  expect((await migrationStatus(database.url, scratch)).failed).toEqual(["20260101000000_broken"]);
});

it("what is pending, and what was edited after it was applied, is told", async () => {
  cpSync(repository.migrationsDir, scratch.migrationsDir, { recursive: true });
  writeSchema("");
  await applyMigrations(database.url, scratch);
  writeMigration("29990101000000_later", "SELECT 1;");
  expect((await migrationStatus(database.url, scratch)).pending).toEqual(["29990101000000_later"]);
});
