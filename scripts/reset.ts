import { existsSync, rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { alreadyRunning, lockHolder } from "./stack/lock";
import { DATA_DIR } from "./stack/paths";
import { outsideFolders } from "./stack/postgres-home";
import { stopLeftOverPostgres } from "./stack/postgres-server";
import { parseCommandLine, runScript } from "./stack/run-script";

const USAGE = "Usage: npm run reset [-- --yes]";

/** Deletes everything that dev and preview have stored on this machine: database, sandboxes, generated secrets. */
runScript(async () => {
  const { values } = parseCommandLine(USAGE, { yes: { type: "boolean", short: "y", default: false } });
  const holder = lockHolder(DATA_DIR);
  if (holder) throw new Error(alreadyRunning(holder));
  if (!existsSync(DATA_DIR)) {
    console.log("There is nothing to reset.");
    return 0;
  }
  if (!values.yes && process.stdin.isTTY && !(await confirmed())) {
    console.log("Nothing was deleted.");
    return 0;
  }
  await stopLeftOverPostgres(DATA_DIR);
  const folders = [...outsideFolders(DATA_DIR), DATA_DIR];
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  console.log(`Deleted: ${folders.join(", ")}\n\`npm run dev\` starts afresh.`);
  return 0;
});

async function confirmed(): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(
    "Delete the local database, sandbox state and generated secrets? [y/N] ",
  );
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}
