/** The production build of the app as a process of its own, with nothing of this one's environment but the path. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { freePort } from "@/scripts/stack/ports";
import { eventually } from "./poll";
import { REPOSITORY } from "./source-files";

export interface BuiltApp {
  /** Without a slash at the end. */
  url: string;
  /** Everything that it wrote to its standard output so far. */
  output(): string;
  errors(): string;
  /** The exit code; null for a process that a signal ended. */
  exited: Promise<number | null>;
  /** Until it answers. @throws where it does not in time */
  ready(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * @param port the one that APP_URL names, where that matters
 * @throws where there is no build
 */
export async function startBuiltApp(variables: Record<string, string>, port?: number): Promise<BuiltApp> {
  if (!existsSync(join(REPOSITORY, ".next/BUILD_ID")))
    throw new Error("There is no build: run `npm run build`.");
  const listening = port ?? (await freePort());
  const next = createRequire(join(REPOSITORY, "package.json")).resolve("next/dist/bin/next");
  const child = spawn(
    process.execPath,
    [next, "start", "--port", `${listening}`, "--hostname", "localhost"],
    {
      cwd: REPOSITORY,
      env: { PATH: process.env.PATH, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  // "close", not "exit": only then has all of its output been read.
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const url = `http://localhost:${listening}`;
  return {
    url,
    output: () => output,
    errors: () => errors,
    exited,
    ready: async () => {
      await eventually("the app to answer", async () => {
        if (child.exitCode !== null) throw new Error(`The app ended with ${child.exitCode}: ${errors}`);
        return (await fetch(`${url}/api/health`).catch(() => undefined))?.ok;
      });
    },
    kill: (signal) => child.kill(signal),
  };
}
