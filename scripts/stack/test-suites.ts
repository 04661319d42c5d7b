import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { REPOSITORY } from "./paths";
import { startNode } from "./stack-parts";

export type Outcome = { passed: number; failed: number; skipped: number; notes: string[] };

/** No suite may hang for ever; the whole run is meant to stay under twenty minutes. */
const SUITE_TIMEOUT_MS = 15 * 60_000;
const CHECK_TIMEOUT_MS = 5 * 60_000;

/** The program behind a package's command, so that no shell and no npx (and so no network) is needed. */
export function binaryOf(packageName: string, command = packageName): string {
  // By path: some packages do not export their package.json.
  const manifest = join(REPOSITORY, "node_modules", packageName, "package.json");
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: string | Record<string, string> };
  const relative = typeof bin === "string" ? bin : bin[command];
  if (relative === undefined) throw new Error(`${packageName} has no command ${command}.`);
  return join(dirname(manifest), relative);
}

type Run = { name: string; arguments: string[]; env: Record<string, string>; timeoutMs: number };

/** Runs a node program to its end or its deadline. */
async function run(
  options: Run,
  onLine: (line: string) => void,
): Promise<{ code: number; timedOut: boolean }> {
  const part = startNode({ ...options, cwd: REPOSITORY, onLine });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void part.stop();
  }, options.timeoutMs);
  const { code } = await part.exited;
  clearTimeout(timer);
  return { code, timedOut };
}

/** One check: passes when the program ends with 0; its output is kept for a failure. */
export async function runCheck(
  name: string,
  parameters: string[],
  env: Record<string, string>,
): Promise<Outcome> {
  const lines: string[] = [];
  const options = { name, arguments: parameters, env, timeoutMs: CHECK_TIMEOUT_MS };
  const { code, timedOut } = await run(options, (line) => lines.push(line));
  if (code === 0) return { passed: 1, failed: 0, skipped: 0, notes: [] };
  const reason = timedOut ? `${name}: no end within ${CHECK_TIMEOUT_MS / 60_000} minutes` : `${name} failed:`;
  return { passed: 0, failed: 1, skipped: 0, notes: [reason, ...lines.slice(-80)] };
}

/** Runs the vitest project of this name and counts its tests. Whatever keeps it from running counts as a failure. */
export async function runVitest(
  name: string,
  env: Record<string, string>,
  onLine: (line: string) => void,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-report-"));
  const file = join(folder, "report.json");
  try {
    const parameters = [
      binaryOf("vitest"),
      "run",
      ...["--project", name],
      ...["--reporter", "default", "--reporter", "json"],
      `--outputFile.json=${file}`,
      "--silent=passed-only",
    ];
    const options = { name, arguments: parameters, env, timeoutMs: SUITE_TIMEOUT_MS };
    const { code, timedOut } = await run(options, onLine);
    return countTests(readReport(file), code, timedOut);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; assertionResults: unknown[] }[];
};

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as VitestReport;
  } catch {
    // The runner ended before it could write: countTests says so.
    return undefined;
  }
}

function countTests(report: VitestReport | undefined, code: number, timedOut: boolean): Outcome {
  const notes: string[] = [];
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A file that could not even be loaded has no tests to count.
  const broken =
    report?.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0) ??
    [];
  let failed = (report?.numFailedTests ?? 0) + broken.length;
  for (const { name } of broken) notes.push(`could not be run: ${name}`);
  if (timedOut) notes.push(`no end within ${SUITE_TIMEOUT_MS / 60_000} minutes`);
  if (passed + failed === 0) notes.push("no test ran");
  if (failed === 0 && (code !== 0 || timedOut || passed === 0)) {
    failed = 1;
    notes.push(`the runner ended with code ${code}`);
  }
  return { passed, failed, skipped, notes };
}
