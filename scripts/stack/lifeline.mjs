// Runs one command in its own process group and ends that group when the parent goes away.
//
// The parent holds the other end of our stdin. When it stops us, exits, or is killed with SIGKILL, the
// pipe closes, and we stop the group: nothing that the stack starts can be orphaned. Plain JavaScript,
// because starting a TypeScript loader for each part would cost half a second each.
//
// argv[2]: JSON, see LifelineOptions in processes.ts. fd 3: we write the command's process id there.
// stdin: a line "signal NAME" sends that signal to the group (tests use it to crash a part).
import { spawn, spawnSync } from "node:child_process";
import { rmSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";

const options = JSON.parse(process.argv[2] ?? "{}");
const onWindows = process.platform === "win32";
let stopping = false;

const child = spawn(options.command, options.arguments, {
  cwd: options.cwd,
  env: process.env,
  // A command that ends with its standard input survives not even our own SIGKILL.
  stdio: [options.endsWithStdin ? "pipe" : "ignore", "inherit", "inherit"],
  detached: !onWindows,
  windowsHide: true,
  ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid }),
});

function signalGroup(signal) {
  if (child.pid === undefined) return;
  try {
    if (onWindows) spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"], { windowsHide: true });
    else process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: the group is gone already, which is what we want.
    if (error.code !== "ESRCH") process.stderr.write(`lifeline: ${error.message}\n`);
  }
}

/** Each signal in turn, with its grace, then SIGKILL. */
function stop() {
  if (stopping) return;
  stopping = true;
  let delay = 0;
  for (const { signal, graceMs } of options.stopSignals) {
    setTimeout(() => signalGroup(signal), delay);
    delay += graceMs;
  }
  setTimeout(() => signalGroup("SIGKILL"), delay);
}

function finish(code) {
  // Grandchildren that outlived the command are still in its group.
  if (!onWindows) signalGroup("SIGKILL");
  for (const path of options.removeAfter ?? []) rmSync(path, { recursive: true, force: true });
  process.exit(code);
}

child.on("error", (error) => {
  process.stderr.write(`${options.command}: ${error.message}\n`);
  finish(127);
});
child.on("exit", (code, signal) => finish(code ?? 128 + constants.signals[signal]));

if (child.pid !== undefined) {
  try {
    writeSync(3, `${child.pid}\n`);
  } catch (error) {
    // The parent died between starting us and now: stdin says so as well.
    process.stderr.write(`lifeline: ${error.message}\n`);
  }
}

// When the parent is gone, so are the readers of our output: writing must not end us before the group is stopped.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [verb, signal] = line.split(" ");
  if (verb === "signal") signalGroup(signal);
});
lines.on("close", stop);
process.stdin.on("error", stop);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, stop);
