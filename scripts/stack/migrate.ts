import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withClient } from "./database-client";
import {
  MIGRATION_LOCK,
  readMigrations,
  readSchema,
  type SchemaSource,
  withSchemaEngine,
} from "./schema-engine";

const FILTERS = { externalTables: [], externalEnums: [] };

/** The repository's schema and migrations. */
export function schemaSource(root: string): SchemaSource {
  return { schemaDir: join(root, "prisma", "schema"), migrationsDir: join(root, "prisma", "migrations") };
}

/** Applies what is pending in prisma/migrations and records it in `_prisma_migrations`. Returns the names applied. */
export async function applyMigrations(url: string, source: SchemaSource): Promise<string[]> {
  return withSchemaEngine(url, source, async (engine) => {
    const output = await engine.applyMigrations({ migrationsList: readMigrations(source), filters: FILTERS });
    return output.appliedMigrationNames;
  });
}

export type MigrationStatus = {
  pending: string[];
  /** Applied, but changed on disk since. */
  edited: string[];
  /** Began and did not finish. */
  failed: string[];
  /** Recorded in the database, missing on disk. */
  unknown: string[];
};

/** Compares the database's history with the folder; changes nothing. */
export async function migrationStatus(url: string, source: SchemaSource): Promise<MigrationStatus> {
  return withSchemaEngine(url, source, async (engine) => {
    const diagnosis = await engine.diagnoseMigrationHistory({
      migrationsList: readMigrations(source),
      optInToShadowDatabase: false,
      filters: FILTERS,
    });
    const history = diagnosis.history;
    return {
      edited: diagnosis.editedMigrationNames,
      failed: diagnosis.failedMigrationNames,
      pending: history && "unappliedMigrationNames" in history ? history.unappliedMigrationNames : [],
      unknown: history && "unpersistedMigrationNames" in history ? history.unpersistedMigrationNames : [],
    };
  });
}

/**
 * The SQL that would take the migrations to the schema; empty when both agree.
 * Replays the migrations in a shadow database on the same server, which it drops again.
 */
export async function schemaDrift(url: string, source: SchemaSource): Promise<string> {
  return withSchemaEngine(url, source, async (engine) => {
    const result = await engine.diff({
      from: { tag: "migrations", ...readMigrations(source) },
      to: { tag: "schemaDatamodel", ...readSchema(source) },
      script: true,
      exitCode: null,
      filters: FILTERS,
    });
    return isEmptyScript(result.stdout) ? "" : (result.stdout ?? "");
  });
}

/** What the engine writes when nothing differs. */
function isEmptyScript(script: string | null): boolean {
  return (script ?? "").replace(/^--.*$/gm, "").trim() === "";
}

export type CreatedMigration = { name: string; file: string; script: string };

/**
 * Writes prisma/migrations/<timestamp>_<name>/migration.sql with what the schema has and the migrations lack.
 * Undefined when nothing differs. Applies nothing.
 */
export async function createMigration(
  url: string,
  source: SchemaSource,
  name: string,
  now: Date = new Date(),
): Promise<CreatedMigration | undefined> {
  if (!/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/.test(name)) {
    throw new Error(
      `"${name}" is no migration name: lower-case words joined by _ or -, for example add_invoices.`,
    );
  }
  const script = await schemaDrift(url, source);
  if (script === "") return undefined;
  const timestamp = now.toISOString().replace(/\D/g, "").slice(0, 14);
  const directory = join(source.migrationsDir, `${timestamp}_${name.replaceAll("-", "_")}`);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "migration.sql");
  writeFileSync(file, script.endsWith("\n") ? script : `${script}\n`);
  writeFileSync(join(source.migrationsDir, "migration_lock.toml"), MIGRATION_LOCK);
  return { name: `${timestamp}_${name}`, file, script };
}

/** Drops everything in the database's `public` schema, data included. */
export async function dropEverything(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('DROP SCHEMA IF EXISTS "public" CASCADE');
    await client.query('CREATE SCHEMA "public"');
  });
}
