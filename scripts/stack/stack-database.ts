import { existsSync } from "node:fs";
import { applyMigrations, migrationStatus, schemaSource } from "./migrate";
import { REPOSITORY } from "./paths";
import { type Reporter, timed } from "./reporter";
import { StackFailure } from "./stack-parts";

/**
 * A database of this machine is migrated by every start. One elsewhere never is: it may be the one that customers use.
 */
export async function migrateAtStart(url: string, local: boolean, reporter: Reporter): Promise<void> {
  const source = schemaSource(REPOSITORY);
  if (!existsSync(source.migrationsDir)) return;
  if (local) {
    const detail = (names: string[]) => (names.length === 0 ? "up to date" : `${names.length} applied`);
    await timed(reporter, "migrations", () => applyMigrations(url, source), detail);
    return;
  }
  const { pending } = await migrationStatus(url, source);
  if (pending.length === 0) return;
  throw new StackFailure(
    `The database named by DATABASE_URL is not on this machine and lacks ${pending.length} migration(s): ${pending.join(", ")}. If it is meant for development, run \`npm run db:migrate\`, then start again.`,
  );
}

/** Whether a database URL names this machine. */
export function isLoopback(databaseUrl: string): boolean {
  try {
    return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(databaseUrl).hostname);
  } catch {
    throw new StackFailure(
      "DATABASE_URL is no URL. It should look like postgresql://user:password@host:5432/name.",
    );
  }
}
