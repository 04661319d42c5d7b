import { rmSync } from "node:fs";
import { REPOSITORY } from "./paths";
import type { StackPlan } from "./plan-stack";
import type { Part } from "./processes";
import { answers, withDeadline } from "./readiness";
import { timed } from "./reporter";
import { migrateAtStart } from "./stack-database";
import {
  failureOf,
  inheritedEnvironment,
  type PartName,
  runTask,
  StackFailure,
  startNode,
  type TaskOptions,
} from "./stack-parts";

export type StackRun = {
  parts: ReadonlyMap<PartName, Part>;
  /** Settles when a part ended by itself; the rest has been stopped by then. */
  failed: Promise<StackFailure>;
  /** The failure that began it all, as soon as it is known: what follows from it are only consequences. */
  firstFailure: () => StackFailure | undefined;
  startAll: () => Promise<void>;
  stop: () => Promise<void>;
};

type RunState = {
  plan: StackPlan;
  parts: Map<PartName, Part>;
  /** Keeps a part until the stack stops, and brings the stack down when it ends by itself. */
  watch: (name: PartName, part: Part) => void;
  task: (name: string, parameters: string[]) => TaskOptions;
};

const SANDBOX_READY_TIMEOUT_MS = 60_000;

/** The running side: parts, their failures, and the order of stopping. */
export function createStackRun(plan: StackPlan): StackRun {
  const parts = new Map<PartName, Part>();
  const env = { ...inheritedEnvironment(), ...plan.variables };
  let starting: Promise<unknown> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  let firstFailure: StackFailure | undefined;
  let reportFailure: (failure: StackFailure) => void = () => undefined;
  const failed = new Promise<StackFailure>((resolve) => {
    reportFailure = resolve;
  });

  const watch = (name: PartName, part: Part) => {
    parts.set(name, part);
    // Stopped while this part was starting.
    if (stopping) void part.stop();
    void part.exited.then(async ({ code }) => {
      if (stopping) return;
      firstFailure = failureOf(part, code, "unexpectedly");
      await stop();
      reportFailure(firstFailure);
    });
  };
  const task = (name: string, parameters: string[]): TaskOptions => ({
    name,
    arguments: parameters,
    cwd: REPOSITORY,
    env,
    onLine: (line) => plan.reporter.line(name, line),
  });
  const state: RunState = { plan, parts, watch, task };

  /** The app first: it may still be delivering something to the sandbox and the database. */
  const stop = () => {
    stopping ??= (async () => {
      await parts.get("app")?.stop();
      await Promise.all([parts.get("sandbox")?.stop(), parts.get("database")?.stop()]);
      // What was half started is known by now: watch() has stopped it.
      await starting;
      await Promise.all([...parts.values()].map((part) => part.stop()));
      plan.lock.release();
      if (plan.temporary) rmSync(plan.dataDir, { recursive: true, force: true });
    })();
    return stopping;
  };
  const startAll = () => {
    const work = startEverything(state, () => stopping !== undefined);
    starting = Promise.allSettled(work);
    return Promise.all(work).then(() => undefined);
  };
  return { parts, failed, firstFailure: () => firstFailure, startAll, stop };
}

/** Everything that starts, as far as possible at the same time; all settle, also when one of them fails. */
function startEverything(state: RunState, isStopping: () => boolean): Promise<void>[] {
  const { plan } = state;
  const startedAt = performance.now();
  // `next dev` takes longer to boot than the database does, and asks nothing of it before the first request.
  const early = plan.mode === "dev";
  if (early) startApp(state);
  const database = startDatabase(state);
  const sandbox = startSandbox(state);
  const app = async () => {
    await Promise.all([database, sandbox]);
    if (isStopping() || plan.commands.app === null) return;
    if (!early) startApp(state);
    await waitForApp(plan, isStopping);
    plan.reporter.done("app", performance.now() - startedAt, plan.variables.APP_URL);
  };
  return [database, sandbox, prepareData(state, [database, sandbox]), app()];
}

async function startDatabase({ plan, watch }: RunState): Promise<void> {
  const { postgres } = plan;
  if (postgres) {
    const detail = () => `PostgreSQL on port ${plan.ports.postgres}`;
    const running = await timed(plan.reporter, "database", postgres.start, detail);
    if (running.shared) {
      throw new StackFailure(
        "Another command of this clone (db:studio, db:migrate) runs the database. Let it finish first.",
      );
    }
    if (running.part) watch("database", running.part);
    if (running.url !== plan.databaseUrl) {
      throw new StackFailure(`Port ${plan.ports.postgres} was taken while we started. Start again.`);
    }
  }
  if (plan.migrates) await migrateAtStart(plan.migrationUrl, plan.localDatabase, plan.reporter);
}

async function startSandbox({ plan, watch, task }: RunState): Promise<void> {
  const parameters = plan.commands.sandbox;
  if (!plan.environment.needsSandbox || parameters === null) return;
  await timed(plan.reporter, "sandbox", async () => {
    const options = { ...task("sandbox", parameters), endsWithStdin: true };
    const ready = new Promise<void>((resolve) => {
      const onLine = options.onLine;
      options.onLine = (line) => {
        if (line.startsWith("sandbox ready")) resolve();
        onLine?.(line);
      };
    });
    const part = startNode(options);
    watch("sandbox", part);
    // A part that ended is reported, with its last lines, by watch().
    await withDeadline(
      Promise.race([ready, part.exited]),
      SANDBOX_READY_TIMEOUT_MS,
      "The sandbox did not say that it is ready.",
    );
  });
}

async function prepareData({ plan, task }: RunState, needed: Promise<void>[]): Promise<void> {
  const parameters = plan.commands.prepareData;
  await Promise.all(needed);
  if (parameters === null) return;
  const run = async (tasks: readonly string[]) => {
    if (tasks.length === 0) return;
    const name = `demo ${tasks.join(" and ")}`;
    await timed(plan.reporter, name, () => runTask(task(name, [...parameters, ...tasks])));
  };
  const { capabilities, pushCatalogue } = plan.environment;
  const people = plan.seeds ? ["people"] : [];
  const plans = pushCatalogue ? ["plans"] : [];
  const isLocal = capabilities.find(({ capability }) => capability === "payments")?.served === "local";
  await run(isLocal ? [...people, ...plans] : people);
  if (isLocal) return;
  try {
    await run(plans);
  } catch (error) {
    // A vendor that is down, or a key that it refuses, keeps nobody from working on the rest.
    const reason =
      error instanceof Error ? error.message.split("\n").slice(1).join(" ").trim() : String(error);
    plan.reporter.note(
      `The plans are not at the payments vendor yet (${reason}). Later: npm run billing:push`,
    );
  }
}

function startApp({ plan, watch, task }: RunState): void {
  const parameters = plan.commands.app;
  if (parameters === null) return;
  watch(
    "app",
    startNode({ ...task("app", parameters), stopSignals: [{ signal: "SIGTERM", graceMs: 4_000 }] }),
  );
}

async function waitForApp(plan: StackPlan, isStopping: () => boolean): Promise<void> {
  const origin = `http://localhost:${plan.ports.app}`;
  // In dev the first answer compiles the page: better now than at the person's first click.
  await Promise.all([answers(`${origin}/api/health`, isStopping), answers(origin, isStopping)]);
}
