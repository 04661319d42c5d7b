import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { processIdentity } from "./processes";

const POLL_MS = 1_000;

/**
 * Calls back when one of the processes that npm put between the person and us is gone.
 *
 * `npm run dev` is npm → shell → us. Killing npm with SIGKILL reaches neither of the others: without this, the stack
 * would run on with nobody to stop it. Started directly (no npm), nothing is watched, so that `nohup` works.
 */
export function watchLauncher(onGone: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const launchers = ancestorsUpToNpm();
  if (launchers.length === 0) return;
  const timer = setInterval(() => {
    if (launchers.every(({ pid, identity }) => processIdentity(pid) === identity)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
}

function ancestorsUpToNpm(): { pid: number; identity: string }[] {
  const found: { pid: number; identity: string }[] = [];
  let pid = process.ppid;
  for (let depth = 0; depth < 5 && pid > 1; depth++) {
    const identity = processIdentity(pid);
    const described = describe(pid);
    if (identity === undefined || described === undefined) return [];
    found.push({ pid, identity });
    if (/\bnpm\b/.test(described.command)) return found;
    pid = described.parent;
  }
  // Another package manager started us: its immediate child is all that we can be sure of.
  return found.slice(0, 1);
}

function describe(pid: number): { parent: number; command: string } | undefined {
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return { parent, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") };
    }
    if (process.platform === "win32") return undefined;
    const line = execFileSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const [parent = "", ...command] = line.split(/\s+/);
    return { parent: Number(parent), command: command.join(" ") };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}
