import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Viewer } from "@/lib/billing/views";
import { anyPorts } from "@/scripts/stack/choose-ports";
import { REPOSITORY } from "@/scripts/stack/paths";
import { outsideFolders } from "@/scripts/stack/postgres-home";
import { isAlive, waitUntil } from "@/scripts/stack/processes";
import type { Stack } from "@/scripts/stack/start-stack";
import { eventually } from "../support/poll";

/**
 * The whole stack (production build, sandbox, database) in a process of its own, killed with SIGKILL in the middle of
 * a checkout: the paid money must become a subscription after the next start, whichever side of the payment the kill
 * falls on.
 */
const dataDir = mkdtempSync(join(tmpdir(), "breakwater-kill-"));
let ports: Stack["ports"];
let host: ChildProcess | undefined;

interface Running {
  urls: Stack["urls"];
  env: Stack["env"];
  pids: number[];
}

async function startHost(): Promise<Running> {
  const extra = JSON.stringify({ commands: {}, ports });
  const child = spawn(process.execPath, ["--import", "tsx", "tests/fixtures/stack/host.ts", dataDir, extra], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "inherit"],
  });
  host = child;
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => {
      const report = JSON.parse(line);
      if (report.urls) resolve(report);
      else reject(new Error(report.error ?? line));
    });
  });
}

async function kill({ pids }: Running): Promise<void> {
  host?.kill("SIGKILL");
  await waitUntil(() => !pids.some(isAlive), 20_000);
  expect(pids.filter(isAlive)).toEqual([]);
}

async function query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function demoCustomer(): Promise<Viewer> {
  const rows = await query<Viewer>(
    `SELECT u.id AS "userId", u.name, u.email, u.email_verified AS "emailVerified", u.is_operator AS "isOperator",
            w.id AS "workspaceId", w.name AS "workspaceName", 'owner' AS role
       FROM "user" u JOIN membership m ON m.user_id = u.id JOIN workspace w ON w.id = m.workspace_id
      WHERE u.is_operator = false LIMIT 1`,
  );
  const viewer = rows[0];
  if (!viewer) throw new Error("the demo customer is not there");
  return viewer;
}

function statusOf(workspaceId: string): Promise<{ status: string; plan: string }[]> {
  return query(`SELECT status, plan_key AS plan FROM subscription WHERE workspace_id = $1`, [workspaceId]);
}

beforeAll(async () => {
  ports = await anyPorts();
});

afterAll(async () => {
  const ended = host && new Promise((resolve) => host?.once("exit", resolve));
  if (host?.exitCode === null && host.signalCode === null) {
    host.kill("SIGTERM");
    await ended;
  }
  for (const folder of [...outsideFolders(dataDir), dataDir])
    rmSync(folder, { recursive: true, force: true });
});

it("a checkout survives SIGKILL before and right after the payment: the subscription becomes active, once", async () => {
  const first = await startHost();
  Object.assign(process.env, first.env);
  const { startCheckout } = await import("@/lib/use-cases/billing/start-checkout");
  const { db } = await import("@/lib/db/client");
  const viewer = await demoCustomer();
  const { url } = await startCheckout({ viewer, choice: { planKey: "pro", interval: "month" } });
  await db().$disconnect();

  await kill(first);
  const second = await startHost();
  const page = await fetch(url);
  expect(page.status, "the payment page is still there").toBe(200);
  const paid = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", origin: new URL(url).origin },
    body: new URLSearchParams({
      email: viewer.email,
      number: "4242 4242 4242 4242",
      expiry: "12 / 34",
      cvc: "123",
      name: "Casey Customer",
    }),
  });
  expect(paid.status, "the payment sends the browser back").toBe(303);

  await kill(second);
  await startHost();
  await eventually("the subscription to be active", async () => {
    const rows = await statusOf(viewer.workspaceId);
    return rows[0]?.status === "ACTIVE" && rows[0].plan === "pro";
  });
  expect(await statusOf(viewer.workspaceId)).toHaveLength(1);
  await eventually("the receipt to be sent", async () => {
    const mails = await query(
      `SELECT id FROM outbox_message WHERE business_key LIKE 'receipt:%' AND status = 'SENT'`,
    );
    return mails.length === 1;
  });
}, 180_000);
