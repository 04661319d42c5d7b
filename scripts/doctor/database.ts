import { existsSync } from "node:fs";
import { withClient } from "../stack/database-client";
import { type MigrationStatus, migrationStatus, schemaDrift, schemaSource } from "../stack/migrate";
import { isLoopback } from "../stack/stack-database";
import { type DatabaseForScript, withDatabase } from "../stack/with-database";
import type { Check, DoctorContext, Finding } from "./finding";

/** PostgreSQL's and Node's own codes, and what to do about them. */
const CONNECTION_FIXES: Record<string, string> = {
  ECONNREFUSED: "Start the database, or correct host and port.",
  ENOTFOUND: "Correct the host name.",
  ETIMEDOUT: "Check the network, the firewall and the host.",
  "28P01": "Correct the password.",
  "28000": "Correct the user, or allow it to connect.",
  "3D000": "Create the database, or correct its name.",
};

/** Reachable, migrated, and migrations that make what the schema says. */
export const checkDatabase: Check = async (context) => {
  const embedded = !context.values.DATABASE_URL && !context.values.DIRECT_URL;
  if (embedded && !existsSync(context.dataDir)) {
    const message = "The embedded database will be made by the first `npm run dev`.";
    return [{ id: "database", group: "database", level: "ok", message }];
  }
  try {
    return await withDatabase((database) => inspect(context, database));
  } catch (error) {
    const code = codeOf(error);
    const variable = context.values.DIRECT_URL ? "DIRECT_URL" : "DATABASE_URL";
    const hint =
      CONNECTION_FIXES[code] ?? "See the message; the form is postgresql://user:password@host:5432/name.";
    return [
      {
        id: "database",
        group: "database",
        level: "fail",
        message: `The database cannot be used: ${messageOf(error)}${code ? ` (${code})` : ""}`,
        fix: embedded ? "npm run reset (deletes the local data), then npm run dev" : `${variable}: ${hint}`,
      },
    ];
  }
};

async function inspect({ root }: DoctorContext, { url, source }: DatabaseForScript): Promise<Finding[]> {
  const migrations = schemaSource(root);
  // First by the driver itself: the engine's errors have no codes.
  await withClient(url, (client) => client.query("SELECT 1"));
  const status = await migrationStatus(url, migrations);
  const findings: Finding[] = [
    { id: "database", group: "database", level: "ok", message: `Reached (${source}).` },
    ...describeStatus(status),
  ];
  // Comparing makes and drops a database beside this one: not on a server that customers may be using.
  if (isLoopback(url) && (await schemaDrift(url, migrations)) !== "") {
    findings.push({
      id: "drift",
      group: "database",
      level: "fail",
      message: "prisma/schema says more than prisma/migrations makes.",
      fix: "npm run db:migrate -- --name <what_changed>",
    });
  }
  return findings;
}

function describeStatus({ pending, failed, edited, unknown }: MigrationStatus): Finding[] {
  const finding = (id: string, level: Finding["level"], message: string, fix?: string): Finding => ({
    id,
    group: "database",
    level,
    message,
    ...(fix ? { fix } : {}),
  });
  const findings: Finding[] = [];
  if (failed.length > 0) {
    const fix = `npx prisma migrate resolve --rolled-back ${failed[0]}, correct it, then npm run db:migrate`;
    findings.push(
      finding("migrations-failed", "fail", `Began and did not finish: ${failed.join(", ")}.`, fix),
    );
  }
  if (edited.length > 0) {
    const message = `Changed after they were applied: ${edited.join(", ")}.`;
    findings.push(
      finding("migrations-edited", "warn", message, "Undo the change and write a new migration."),
    );
  }
  if (unknown.length > 0) {
    const message = `Applied to the database, but not in prisma/migrations: ${unknown.join(", ")}.`;
    findings.push(
      finding("migrations-unknown", "fail", message, "git pull (or npm run db:reset on a local database)"),
    );
  }
  if (pending.length > 0) {
    const message = `${pending.length} migration(s) pending: ${pending.join(", ")}.`;
    findings.push(finding("migrations-pending", "warn", message, "npm run db:migrate"));
  }
  return findings.length > 0 ? findings : [finding("migrations", "ok", "Every migration is applied.")];
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : cause === undefined ? "" : codeOf(cause);
}

/** The first line, without what might be a password in a URL. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.trim().split("\n")[0] ?? "").replace(/:\/\/[^\s@]*@/g, "://…@");
}
