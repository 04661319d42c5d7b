import { relative } from "node:path";
import { applyMigrations, createMigration, schemaSource } from "./stack/migrate";
import { REPOSITORY } from "./stack/paths";
import { parseCommandLine, runScript } from "./stack/run-script";
import { withDatabase } from "./stack/with-database";

const USAGE = "Usage: npm run db:migrate [-- --name <what_changes>]";

/**
 * Applies pending migrations. With `--name x`, first writes a migration from what prisma/schema has and
 * prisma/migrations lack. Production runs `prisma migrate deploy` on the same folder.
 */
runScript(async () => {
  const { values } = parseCommandLine(USAGE, { name: { type: "string" } });
  const source = schemaSource(REPOSITORY);
  return withDatabase(async ({ url, source: from }) => {
    console.log(`Database: ${from}`);
    if (values.name !== undefined) {
      const created = await createMigration(url, source, values.name);
      if (created)
        console.log(`Written:  ${relative(REPOSITORY, created.file)}  (read it before you commit it)`);
      else console.log("Nothing to write: the migrations already make what prisma/schema says.");
    }
    const applied = await applyMigrations(url, source);
    for (const name of applied) console.log(`Applied:  ${name}`);
    if (applied.length === 0) console.log("Nothing to apply.");
    return 0;
  });
});
