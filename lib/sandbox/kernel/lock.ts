/**
 * One sandbox per data folder: two would append to one journal and each overwrite what the other compacted.
 *
 * The holder is asked over HTTP whether it lives, because a process id left behind by a kill may belong to anyone by now.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const lockSchema = z.object({ instance: z.string(), probeUrl: z.url() });

export type LockHolder = z.infer<typeof lockSchema>;

/** Another sandbox works on the same data folder. */
export class DataFolderLockedError extends Error {
  override name = "DataFolderLockedError";
  constructor(dataDir: string, holder: LockHolder) {
    super(
      `Another sandbox is using ${dataDir} (it answers at ${new URL(holder.probeUrl).origin}). ` +
        "Stop it, or set SANDBOX_DATA_DIR to another folder.",
    );
  }
}

/** A predecessor that was killed along with its parent needs a moment to notice. */
const PATIENCE_MS = 3_000;

/**
 * @param self what `probeUrl` answers with `{"instance": …}` while this process lives
 * @returns gives the lock back
 * @throws DataFolderLockedError when another one still holds it after three seconds
 */
export async function lockDataFolder(dataDir: string, self: LockHolder): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, "lock.json");
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const holder = readLock(file);
    if (holder && holder.instance !== self.instance && (await isAlive(holder))) {
      if (Date.now() > deadline) throw new DataFolderLockedError(dataDir, holder);
      await sleep(100);
      continue;
    }
    if (holder?.instance === self.instance) break;
    const temporary = `${file}.${self.instance}`;
    writeFileSync(temporary, JSON.stringify(self));
    renameSync(temporary, file);
    // Of two that start in the same moment the later rename wins; the other one sees it on the next round.
    await sleep(30);
  }
  return () => {
    if (readLock(file)?.instance === self.instance) rmSync(file, { force: true });
  };
}

function readLock(file: string): LockHolder | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const parsed = lockSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // Cut off by a power loss: nobody holds it.
    throw error;
  }
}

async function isAlive(holder: LockHolder): Promise<boolean> {
  try {
    const response = await fetch(holder.probeUrl, { signal: AbortSignal.timeout(1_000) });
    const answer: unknown = await response.json();
    return (answer as { instance?: unknown } | null)?.instance === holder.instance;
  } catch {
    return false; // Nothing there, or something else: either way not the holder.
  }
}
