import { execFileSync } from "node:child_process";

/** Whether a process stands still, told by SIGSTOP to. */
export function isStopped(pid: number): boolean {
  return execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
    .trim()
    .startsWith("T");
}
