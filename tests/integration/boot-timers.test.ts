/** Guards what a long-lived process does by itself once it has booted, in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import type { BootOrder } from "@/tests/support/booted-process";
import { eventually } from "@/tests/support/poll";

const backend = await startBackend();
const { db } = await import("@/lib/db/client");
const { enqueueExpireCheckout } = await import("@/lib/outbox/enqueue");

const BOOTED = fileURLToPath(new URL("../support/booted-process.ts", import.meta.url));
let child: ChildProcess;

async function bootChild(variables: Record<string, string> = {}): Promise<void> {
  child = fork(BOOTED, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...variables },
    silent: true,
  });
  expect(await once(child, "message")).toEqual(["booted", undefined]);
}
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});
afterAll(() => backend.stop());

async function call(): Promise<void> {
  const order: BootOrder = "call";
  child.send(order);
  await once(child, "message");
}

const callsWritten = async () => {
  const [row] = await backend.rows<{ calls: number | null }>(
    "SELECT sum(count)::int AS calls FROM integration_metric WHERE provider = 'stripe' AND effect = 'READ'",
  );
  return row?.calls ?? 0;
};

const readings = () =>
  backend.rows("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT provider,%FROM integration_circuit'");

/** The sandbox does not boot there. */
const SERVERLESS = {
  ...{ VERCEL: "1", SANDBOX: "", APP_URL: "https://app.example.com" },
  ...{ STRIPE_SECRET_KEY: "sk_test_51Abc", STRIPE_API_BASE: "" },
  ...{ RESEND_API_KEY: "re_123_abc", RESEND_BASE_URL: "", SENDGRID_API_KEY: "", SENDGRID_BASE_URL: "" },
  ...{ ONCALL_WEBHOOK_URL: "", ONCALL_WEBHOOK_SECRET: "", SANDBOX_ONCALL_URL: "" },
};

test.each([
  ["that lives long", {}],
  ["on a serverless host", SERVERLESS],
])("a process %s has looked at the circuits before it serves", async (_name, variables) => {
  await bootChild(variables);
  expect(await readings()).not.toEqual([]);
});

test("it serves although its database does not answer", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  await bootChild({ DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/nothing` });
  silent.close();
});

test("it does what is due, writes down what its calls were like, and ends an outage without a visitor", async () => {
  await bootChild();
  await call();
  await eventually("the call to be counted", async () => (await callsWritten()) > 0);

  // As an instance that has gone since left it behind.
  await backend.rows(
    `INSERT INTO integration_circuit (provider, mode, effect, state, epoch, cause, probe_at)
     VALUES ('stripe', 'SANDBOX', 'WRITE', 'OPEN', 1, 'unavailable', now() - interval '6 seconds')`,
  );
  await eventually("the circuit to close", async () => {
    const [circuit] = await backend.rows<{ state: string }>("SELECT state FROM integration_circuit");
    return circuit?.state === "CLOSED";
  });

  const operationId = "018f0000-0000-7000-8000-000000000000";
  await enqueueExpireCheckout(db(), { checkoutId: "cs_of_nobody", operationId });
  await eventually("the message to be tried", async () => {
    const [message] = await backend.rows<{ attempts: number }>("SELECT attempts FROM outbox_message");
    return (message?.attempts ?? 0) > 0;
  });
});

test("told to end, it first writes down what it has not written yet, and ends", async () => {
  await bootChild();
  const before = await callsWritten();
  await call();
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
  expect(await callsWritten()).toBe(before + 1);
});

describe("told to end while work is under way", () => {
  const MESSAGE = "SELECT status, attempts, lease_token AS token FROM outbox_message";
  /** A vendor's answer that takes so long, and a message that needs it. */
  async function underWay(latencyMs: number): Promise<void> {
    await backend.rows("TRUNCATE outbox_message, failed_attempt");
    await backend.addFault({ vendor: "stripe", kind: "latency", latencyMs, route: "POST /v1/checkout/*" });
    await enqueueExpireCheckout(db(), { checkoutId: `cs_${latencyMs}`, operationId: randomUUID() });
    await eventually("the message to be under way", async () => {
      const [message] = await backend.rows<{ token: string | null }>(MESSAGE);
      return message !== undefined && message.token !== null;
    });
  }
  afterEach(() => backend.clearFaults());

  test.each([
    ["by itself", {}, [null, "SIGTERM"]],
    ["under Next, which would end it at once", { ENDS_AS_NEXT_DOES: "1" }, [143, null]],
  ])("it comes to an end with it first: %s", async (_name, variables, exit) => {
    await bootChild(variables);
    await underWay(1_000);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual(exit);
    const [message] = await backend.rows<{ status: string; attempts: number; token: string | null }>(MESSAGE);
    // The stand-in does not know that checkout: it was asked, and that is the end of this attempt.
    expect(message).toMatchObject({ attempts: 1, token: null });
    expect(await backend.rows("SELECT number FROM failed_attempt")).toEqual(
      message?.status === "SENT" ? [] : [{ number: 1 }],
    );
  });

  test("it lets go of what takes too long, as if it had never had it, and ends within seconds", async () => {
    await bootChild({ ENDS_AS_NEXT_DOES: "1" });
    await underWay(9_000);
    const toldAt = performance.now();
    child.kill("SIGTERM");
    await enqueueExpireCheckout(db(), { checkoutId: "cs_meanwhile", operationId: randomUUID() });
    expect(await once(child, "exit")).toEqual([143, null]);
    expect(performance.now() - toldAt).toBeLessThan(6_000);
    // Neither that one nor what came after the signal.
    expect(await backend.rows(MESSAGE)).toEqual(
      Array(2).fill({ status: "PENDING", attempts: 0, token: null }),
    );
    expect(await backend.rows("SELECT 1 FROM failed_attempt")).toEqual([]);
  });
});
