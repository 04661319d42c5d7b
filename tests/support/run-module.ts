import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { REPOSITORY } from "./source-files";

export interface ModuleRun {
  stdout: string;
  stderr: string;
  exitCode: number | null;
}

/**
 * Runs code in a Node process of its own, with nothing of this one's environment but the path: for what a process does
 * once, at its start. Modules of ours are imported with the `load("lib/logger.ts")` that it is given.
 */
export function runModule(code: string, variables: Record<string, string> = {}): Promise<ModuleRun> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const root = pathToFileURL(join(REPOSITORY, "/")).href;
  const module = `const load = (path) => import(new URL(path, ${JSON.stringify(root)}).href);\n${code}`;
  const child = spawn(process.execPath, ["--import", tsx, "--input-type=module", "--eval", module], {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const run: ModuleRun = { stdout: "", stderr: "", exitCode: null };
  child.stdout.on("data", (chunk) => {
    run.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    run.stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ ...run, exitCode }));
  });
}

/** The log lines of a run. */
export function logLines({ stdout }: ModuleRun): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
