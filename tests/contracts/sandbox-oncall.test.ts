/**
 * The on-call sandbox as an incoming webhook of Slack's is documented.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSandbox } from "@/lib/sandbox/start";
import { ANY_PORTS, SENDGRID_PRIVATE_KEY, startVendors, type Vendors } from "@/tests/support/vendors";

let vendors: Vendors;

beforeAll(async () => {
  vendors = await startVendors();
});

afterAll(async () => {
  await vendors.stop();
});

function notify(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(vendors.oncallWebhookUrl, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

test("a message is answered with ok, and kept with its headers and its exact body", async () => {
  const body = '{"text": "Payments are down",  "blocks": []}';
  const response = await notify(body, {
    "x-breakwater-signature": "t=1,v1=ab",
    "idempotency-key": "alert-1",
  });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("ok");
  const [alert] = await vendors.alerts();
  expect(alert).toMatchObject({
    text: "Payments are down",
    body,
    headers: {
      "content-type": "application/json",
      "x-breakwater-signature": "t=1,v1=ab",
      "idempotency-key": "alert-1",
    },
  });
});

test("it knows no idempotency, as Slack does not: the same alert again is a second one", async () => {
  const before = (await vendors.vendorEffects()).oncall.alerts ?? 0;
  for (let time = 0; time < 2; time += 1) await notify({ text: "again" }, { "idempotency-key": "alert-2" });
  expect((await vendors.vendorEffects()).oncall.alerts).toBe(before + 2);
  expect((await vendors.alerts()).slice(0, 2).map(({ text }) => text)).toEqual(["again", "again"]);
});

test.each([
  ["no JSON", "{", "invalid_payload"],
  ["no object", "[]", "invalid_payload"],
  ["no words", { blocks: [] }, "no_text"],
])("a body with %s is refused in a plain word, and not kept", async (_name, body, word) => {
  const before = (await vendors.alerts()).length;
  const response = await notify(body);
  expect(response.status).toBe(400);
  expect(await response.text()).toBe(word);
  expect(await vendors.alerts()).toHaveLength(before);
});

test("an address that is not there is refused", async () => {
  const response = await fetch(`${vendors.urls.oncall}/elsewhere`, { method: "POST", body: "{}" });
  expect(response.status).toBe(404);
  expect(await response.text()).toBe("no_service");
});

test("its page shows the words as text, and the signature", async () => {
  await notify({ text: "<script>alert(1)</script>" }, { "x-breakwater-signature": "t=2,v1=cd" });
  const page = await (await fetch(vendors.urls.oncall)).text();
  expect(page).toContain("On-call alerts");
  expect(page).toContain("&lt;script&gt;alert(1)");
  expect(page).not.toContain("<script>alert(1)");
  expect(page).toContain("t=2,v1=cd");
});

describe("faults", () => {
  test.each([
    [401, "invalid_token"],
    [500, "rollup_error"],
    [503, "server_error"],
  ])("status %i has Slack's plain word for a body", async (status, word) => {
    await vendors.addFault({ vendor: "oncall", kind: "status", status, times: 1 });
    const response = await notify({ text: "hello" });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(await response.text()).toBe(word);
  });

  test("the page is spared by a fault on every route", async () => {
    await vendors.addFault({ vendor: "oncall", kind: "status", status: 500 });
    expect((await fetch(vendors.urls.oncall)).status).toBe(200);
    expect((await notify({ text: "hello" })).status).toBe(500);
    await vendors.clearFaults();
  });
});

test("an alert that was taken is still there after the sandbox was started anew", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandbox-oncall-"));
  const webhookSecrets = { stripe: "whsec_a", resend: "whsec_aaaa", sendgrid: SENDGRID_PRIVATE_KEY };
  const start = () =>
    startSandbox({ dataDir, appUrl: "http://127.0.0.1:9", ports: ANY_PORTS, webhookSecrets });
  const first = await start();
  await fetch(`${first.urls.oncall}/webhook`, { method: "POST", body: JSON.stringify({ text: "kept" }) });
  await first.stop();
  const second = await start();
  const kept = await fetch(`${second.urls.oncall}/alerts.json`);
  expect(((await kept.json()) as { alerts: { text: string }[] }).alerts.map(({ text }) => text)).toEqual([
    "kept",
  ]);
  await second.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
