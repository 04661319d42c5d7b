import colors from "picocolors";
import { DEMO_OPERATORS, DEMO_PEOPLE } from "@/prisma/demo-people";
import { watchLauncher } from "./launcher-watch";
import { consoleReporter } from "./reporter";
import { type Stack, startStack } from "./start-stack";
import { renderTable } from "./table";

/** Ctrl-C while something still starts: how long we wait for it to stop tidily. */
const ABORT_GRACE_MS = 15_000;

/**
 * `npm run dev` and `npm run preview`: starts everything, prints the table, passes the app's output through, and ends
 * with 0 when asked to stop, with 1 and the reason when a part ends by itself.
 */
export async function runForeground(mode: "dev" | "preview", options: { build: boolean }): Promise<never> {
  const startedAt = performance.now();
  const reporter = consoleReporter();
  const abort = new AbortController();
  let stack: Stack | undefined;
  let asked = false;

  const stopAll = async (reason: string) => {
    if (asked) return;
    asked = true;
    reporter.hideLines();
    console.log(`\n${colors.dim(`${reason}: stopping …`)}`);
    abort.abort();
    setTimeout(() => process.exit(1), ABORT_GRACE_MS);
    await stack?.stop();
    if (stack) process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => void stopAll(signal));
  watchLauncher(() => void stopAll("npm is gone"));
  // The terminal may be gone before we are; printing to it must not keep us from stopping.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

  console.log(`\n  ${colors.bold("Breakwater")} ${colors.dim(mode)}\n`);
  try {
    stack = await startStack({
      mode,
      build: options.build,
      demoOperators: DEMO_OPERATORS,
      reporter,
      signal: abort.signal,
    });
  } catch (error) {
    if (asked) process.exit(0);
    console.error(`\n  ${colors.red("✗")} ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  console.log(renderTable(stack, DEMO_PEOPLE));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`  Ready in ${seconds} s. Ctrl-C stops everything; the data stays in .data.\n`);
  reporter.showLines();

  const failure = await stack.failed;
  console.error(`\n  ${colors.red("✗")} ${failure.message}\n  Everything else has been stopped.\n`);
  process.exit(1);
}
