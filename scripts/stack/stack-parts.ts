import { createRequire } from "node:module";
import { constants } from "node:os";
import { join } from "node:path";
import { type Part, type PartOptions, startPart } from "./processes";

/** Arguments for `node`; tests replace a part by a small program of their own. */
export type PartCommands = {
  app: string[];
  sandbox: string[];
  /** Run to its end once the database is migrated and the sandbox is up; gets "people" and "plans" as arguments. */
  prepareData: string[];
};

export type PartName = "app" | "sandbox" | "database";

/** The real commands. tsx is loaded into the process rather than run as a second one. */
export function defaultCommands(
  root: string,
  mode: "dev" | "preview" | "test",
  appPort: number,
): PartCommands {
  const next = createRequire(join(root, "package.json")).resolve("next/dist/bin/next");
  const typescript = (file: string) => ["--import", "tsx", join(root, file)];
  return {
    // Loopback only: the sandboxes and the demo sign-ins are nobody else's business.
    app: [next, mode === "dev" ? "dev" : "start", "--port", String(appPort), "--hostname", "localhost"],
    sandbox: typescript("lib/sandbox/main.ts"),
    prepareData: typescript("scripts/stack/prepare-data.ts"),
  };
}

/** Why a start failed or a running stack came down; the message names the part and shows its last lines. */
export class StackFailure extends Error {
  override name = "StackFailure";
}

export function failureOf(part: Part, code: number, during: string): StackFailure {
  const lines = part.lastLines().slice(-30);
  const output =
    lines.length === 0
      ? "It printed nothing."
      : `Its last lines:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return new StackFailure(`The ${part.name} ended ${during} (${endingOf(code)}). ${output}`);
}

/** A shell's convention, which lifeline.mjs follows: 128 and the signal's number. */
function endingOf(code: number): string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return signal ? `killed by ${signal[0]}` : `exit code ${code}`;
}

export type TaskOptions = Omit<PartOptions, "command" | "arguments"> & { arguments: string[] };

/** Starts a node program that ends with us. */
export function startNode(options: TaskOptions): Part {
  return startPart({ ...options, command: process.execPath });
}

/** Runs a node program to its end; throws with its last lines unless it ends with 0. Aborting stops it. */
export async function runTask(options: TaskOptions, signal?: AbortSignal): Promise<void> {
  const part = startNode(options);
  signal?.addEventListener("abort", () => void part.stop(), { once: true });
  const { code } = await part.exited;
  if (code !== 0) throw failureOf(part, code, "with an error");
}

/**
 * What our children get from our own environment: everything but what npm, a test runner or the caller's
 * NODE_ENV would tell them wrongly.
 */
export function inheritedEnvironment(): Record<string, string> {
  const hidden = /^(npm_|VITEST|JEST|NODE_ENV$|TEST$|INIT_CWD$)/;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !hidden.test(entry[0]),
    ),
  );
}
