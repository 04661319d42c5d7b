import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processIdentity } from "./processes";

export type LockHolder = { pid: number; identity: string; mode: string; url?: string };

export type StackLock = {
  setUrl: (url: string) => void;
  release: () => void;
  /** The one who had it before was killed: its parts may still be ending. */
  tookOver: boolean;
};

const lockFile = (dataDir: string) => join(dataDir, "stack.lock");

/** Who runs a stack on this data folder; undefined when nobody who still lives does. */
export function lockHolder(dataDir: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(lockFile(dataDir), "utf8")) as LockHolder;
    return processIdentity(holder.pid) === holder.identity ? holder : undefined;
  } catch {
    // No file, or one cut off by a kill: nobody holds it.
    return undefined;
  }
}

/** Takes the data folder for this process. Throws a plain message when a living process has it. */
export function acquireLock(dataDir: string, mode: string): StackLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const holder: LockHolder = { pid: process.pid, identity: processIdentity(process.pid) ?? "", mode };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lockFile(dataDir), JSON.stringify(holder), { flag: "wx", mode: 0o600 });
      return {
        setUrl: (url) => writeFileSync(lockFile(dataDir), JSON.stringify({ ...holder, url })),
        tookOver: attempt > 0,
        release: () => {
          if (lockHolder(dataDir)?.pid === process.pid) rmSync(lockFile(dataDir), { force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const other = lockHolder(dataDir);
      if (other) throw new Error(alreadyRunning(other));
      rmSync(lockFile(dataDir), { force: true });
    }
  }
  throw new Error(`${lockFile(dataDir)} could not be taken: another start is under way.`);
}

export function alreadyRunning(holder: LockHolder): string {
  const where = holder.url ? ` at ${holder.url}` : "";
  return `Breakwater already runs from this folder (npm run ${holder.mode}, process ${holder.pid}${where}). Stop it first (Ctrl-C there, or kill ${holder.pid}).`;
}
