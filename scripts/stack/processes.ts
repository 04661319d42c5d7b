import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** What lifeline.mjs reads from its first argument. */
type LifelineOptions = {
  command: string;
  arguments: string[];
  cwd: string;
  uid?: number;
  gid?: number;
  /** Sent to the process group one after another when stopping; SIGKILL follows the last grace. */
  stopSignals: { signal: NodeJS.Signals; graceMs: number }[];
  /** Folders that are deleted when the command has ended, even if the parent was killed. */
  removeAfter?: string[];
  /** The command ends by itself when its standard input does; it is given a pipe. */
  endsWithStdin?: boolean;
};

export type PartOptions = {
  /** Shown in messages, for example "payments sandbox". */
  name: string;
  command: string;
  arguments: string[];
  cwd: string;
  env: Record<string, string | undefined>;
  uid?: number;
  gid?: number;
  stopSignals?: LifelineOptions["stopSignals"];
  removeAfter?: string[];
  endsWithStdin?: boolean;
  onLine?: (line: string) => void;
};

export type Part = {
  name: string;
  /** Process id of the command itself, not of its lifeline. */
  pid: Promise<number>;
  /** Settles once the command and its group have ended; never rejects. */
  exited: Promise<{ code: number }>;
  /** The last lines that the part printed (stdout and stderr), oldest first. */
  lastLines: () => string[];
  /** Ends the group with grace; resolves when it is gone. Safe to call twice. */
  stop: () => Promise<void>;
  /** Sends a signal to the whole group, to crash a part on purpose. */
  signal: (signal: NodeJS.Signals) => void;
};

const LIFELINE = fileURLToPath(new URL("./lifeline.mjs", import.meta.url));
const REMEMBERED_LINES = 60;
const defaultStopSignals: LifelineOptions["stopSignals"] = [{ signal: "SIGTERM", graceMs: 5_000 }];

/**
 * Starts a command that ends when this process ends, however it ends (see lifeline.mjs).
 * The command runs in a group and session of its own, so Ctrl-C reaches only us and we decide the order.
 */
export function startPart(options: PartOptions): Part {
  const lifelineOptions: LifelineOptions = {
    command: options.command,
    arguments: options.arguments,
    cwd: options.cwd,
    uid: options.uid,
    gid: options.gid,
    stopSignals: options.stopSignals ?? defaultStopSignals,
    removeAfter: options.removeAfter,
    endsWithStdin: options.endsWithStdin,
  };
  const lifeline = spawn(process.execPath, [LIFELINE, JSON.stringify(lifelineOptions)], {
    cwd: options.cwd,
    env: options.env as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const [stdin, stdout, stderr, pidPipe] = lifeline.stdio as [
    Writable,
    Readable,
    Readable,
    Readable,
    unknown,
  ];
  // The lifeline may be gone when we write to it: its exit event tells us.
  stdin.on("error", () => undefined);

  const remembered: string[] = [];
  const onLine = (line: string) => {
    remembered.push(line);
    if (remembered.length > REMEMBERED_LINES) remembered.shift();
    options.onLine?.(line);
  };
  for (const stream of [stdout, stderr]) createInterface({ input: stream }).on("line", onLine);

  const pid = firstPid(pidPipe, options.name);
  lifeline.on("exit", (_, signal) => {
    // Someone killed the lifeline itself: what it kept alive must not be orphaned.
    if (signal !== null)
      void pid.then(
        (group) => endGroup(group, lifelineOptions.stopSignals),
        () => undefined,
      );
  });
  const exited = exitOf(lifeline);
  let stopped: Promise<void> | undefined;
  return {
    name: options.name,
    pid,
    exited,
    lastLines: () => [...remembered],
    stop: () => {
      stopped ??= new Promise<void>((resolve) => {
        stdin.end();
        void exited.then(() => resolve());
      });
      return stopped;
    },
    signal: (signal) => {
      stdin.write(`signal ${signal}\n`);
    },
  };
}

/** Each signal in turn, with its grace, then SIGKILL. */
async function endGroup(group: number, stopSignals: LifelineOptions["stopSignals"]): Promise<void> {
  for (const { signal, graceMs } of [...stopSignals, { signal: "SIGKILL" as const, graceMs: 1_000 }]) {
    try {
      process.kill(process.platform === "win32" ? group : -group, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
      throw error;
    }
    if (await waitUntil(() => !isAlive(group), graceMs)) return;
  }
}

/** "close", not "exit": only then have all lines been read, and a crash report needs the last ones. */
function exitOf(child: ChildProcess): Promise<{ code: number }> {
  return new Promise((resolve) => {
    let settled = false;
    const settle = (code: number | null, signal?: NodeJS.Signals | null) => {
      if (settled) return;
      settled = true;
      resolve({ code: code ?? (signal ? 128 + constants.signals[signal] : 1) });
    };
    child.on("close", settle);
    // A grandchild may hold the pipes open after the lifeline is gone: do not wait for it for ever.
    child.on("exit", (code, signal) => setTimeout(() => settle(code, signal), 500).unref());
    child.on("error", () => settle(1));
  });
}

function firstPid(pipe: Readable, name: string): Promise<number> {
  const pid = new Promise<number>((resolve, reject) => {
    let text = "";
    pipe.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(Number(text.trim()));
    });
    pipe.on("end", () => reject(new Error(`${name} did not start`)));
    pipe.on("error", reject);
  });
  // Most callers never ask for the id; a part that cannot start is reported through `exited`.
  pid.catch(() => undefined);
  return pid;
}

/** True while a process with this id exists (also when it belongs to someone else). */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** In a container without an init process nobody reaps orphans: a dead one still answers signal 0. */
function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/**
 * A process id together with its start time, so that a reused id is not taken for the old process.
 * Undefined when there is no such process or it cannot be told.
 */
export function processIdentity(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // Field 22 (proc(5)): start time in clock ticks; counted after the name, which may contain spaces.
      return `${pid}@${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
    }
    if (process.platform === "win32") return String(pid);
    return `${pid}@${execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim()}`;
  } catch {
    return undefined;
  }
}

/** Resolves true as soon as `condition` holds, false when the deadline has passed first. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  intervalMs = 50,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
