/** Processes of the app's backend as a test has them: started, sent to work and to rest, stopped, killed. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Place } from "./reliability-points";

export interface WorkerSettings {
  role: "work" | "receive";
  stop?: { at: Place; by: "SIGKILL" | "SIGSTOP" };
  mutant?: "late fence";
}
export type WorkerOrder = "run" | "rest";
export type WorkerReport =
  | { kind: "ready"; port: number | null }
  | { kind: "resting" }
  | { kind: "ran"; processed: number; failed: number };

const WORKER = fileURLToPath(new URL("./reliability-worker.ts", import.meta.url));

/** What a backend of this process was given (tests/support/backend.ts), and nothing else of its environment. */
const OWN =
  /^(PATH|APP_URL|DATABASE_URL|BETTER_AUTH_SECRET|CRON_SECRET|ADMIN_EMAILS|SANDBOX|EMAIL_)|^(STRIPE|RESEND|SENDGRID|ONCALL|SANDBOX)_/;

function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    OWN.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(entries), NODE_ENV: "test" };
}

export type Worker = Awaited<ReturnType<typeof startWorker>>;

/**
 * Resolves when the process has loaded the app; it does nothing until it is told to `run`.
 * @param variables on top of the backend's environment, such as another way to the database
 */
export async function startWorker(
  settings: WorkerSettings = { role: "work" },
  variables: Record<string, string> = {},
) {
  const child = fork(WORKER, {
    execArgv: ["--import", "tsx"],
    env: { ...ownEnvironment(), ...variables, RELIABILITY_SETTINGS: JSON.stringify(settings) },
  });
  const exited = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
  const total = { processed: 0, failed: 0 };
  child.on("message", (report: WorkerReport) => {
    if (report.kind !== "ran") return;
    total.processed += report.processed;
    total.failed += report.failed;
  });
  const heard = (kind: WorkerReport["kind"]) => hear(child, kind);
  const [ready] = await Promise.all([heard("ready"), settings.role === "work" && heard("resting")]);
  return {
    pid: child.pid ?? 0,
    /** Where it takes webhooks. */
    url: ready.kind === "ready" && ready.port !== null ? `http://127.0.0.1:${ready.port}` : "",
    /** What it says that it has done; a killed one takes the last bit with it. */
    total,
    run: () => {
      child.send("run" satisfies WorkerOrder);
    },
    /** Resolves when what is under way has ended and nothing new is begun. */
    rest: async () => {
      const resting = heard("resting");
      child.send("rest" satisfies WorkerOrder);
      await resting;
    },
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** The signal or code with which it ended. */
    exited,
    stop: async () => {
      // One that stands still hears nothing else.
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Until the process says so; refused when it ends first. */
function hear(child: ChildProcess, kind: WorkerReport["kind"]): Promise<WorkerReport> {
  return new Promise((resolve, reject) => {
    const onMessage = (report: WorkerReport) => {
      if (report.kind !== kind) return;
      child.off("message", onMessage);
      child.off("exit", onExit);
      resolve(report);
    };
    const onExit = (code: number | null, signal: string | null) =>
      reject(new Error(`a worker ended with ${signal ?? code} before it was ${kind}`));
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}
