import { applyMigrations, dropEverything, schemaSource } from "./stack/migrate";
import { REPOSITORY } from "./stack/paths";
import { parseCommandLine, runScript } from "./stack/run-script";
import { isLoopback } from "./stack/stack-database";
import { defaultCommands, inheritedEnvironment, runTask } from "./stack/stack-parts";
import { withDatabase } from "./stack/with-database";

const USAGE = "Usage: npm run db:reset [-- --yes-i-mean-the-database-of DATABASE_URL's host]";

/**
 * Empties the database, applies every migration and seeds it. The sandboxes keep their state (`npm run reset` is
 * for everything). A database on another machine is touched only if its host is named on the command line.
 */
runScript(async () => {
  const { values } = parseCommandLine(USAGE, { "yes-i-mean-the-database-of": { type: "string" } });
  return withDatabase(async ({ url, source }) => {
    const { hostname } = new URL(url);
    if (!isLoopback(url) && values["yes-i-mean-the-database-of"] !== hostname) {
      throw new Error(
        `${source} names a database on ${hostname}. Emptying it cannot be undone. If you mean it: npm run db:reset -- --yes-i-mean-the-database-of ${hostname}`,
      );
    }
    await dropEverything(url);
    const applied = await applyMigrations(url, schemaSource(REPOSITORY));
    console.log(`Emptied, and ${applied.length} migration(s) applied.`);
    if (isLoopback(url)) {
      await runTask({
        name: "seed",
        arguments: [...defaultCommands(REPOSITORY, "dev", 0).prepareData, "people"],
        cwd: REPOSITORY,
        env: { ...inheritedEnvironment(), DATABASE_URL: url, SANDBOX: "1" },
      });
      console.log("Seeded the demo people.");
    }
    return 0;
  });
});
