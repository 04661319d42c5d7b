/** Guards what whoever is on call is sent, that a receiver can tell who sent it, and that the address stays a secret. */
import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { OnCallAlert } from "@/lib/integrations/oncall/port";
import { createWebhookOnCall } from "@/lib/integrations/oncall/webhook/adapter";
import { answeringServer, type CannedAnswer } from "@/tests/support/answering-server";
import { createTestPolicy } from "@/tests/support/test-policy";

const SECRET = "a secret of the tests";
const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 999);
const CANARY = "T0CANARY";

const alert = (changes: Partial<OnCallAlert> = {}): OnCallAlert => ({
  id: "alert_1",
  severity: "critical",
  title: "Payments: writes are held back",
  text: "Five calls failed.\nNothing needs doing.",
  url: "https://app.example.com/admin/integrations",
  ...changes,
});

async function tell(answer: CannedAnswer, changes: Partial<OnCallAlert> = {}) {
  const receiver = await answeringServer(answer);
  const onCall = createWebhookOnCall({
    url: `${receiver.url}/services/${CANARY}`,
    secret: SECRET,
    mode: "live",
    policy: createTestPolicy("oncall"),
    now: () => NOW,
  });
  const error: unknown = await onCall.notify(alert(changes)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  receiver.stop();
  return { onCall, error, requests: receiver.requests };
}

describe("an alert", () => {
  test("is a message that Slack takes, under the alert's id", async () => {
    const { error, requests } = await tell({ body: "ok" });
    expect(error).toBeNull();
    expect(requests).toMatchObject([
      {
        path: `/services/${CANARY}`,
        headers: { "idempotency-key": "alert_1", "content-type": "application/json" },
      },
    ]);
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      text: "*Critical: Payments: writes are held back*\nFive calls failed.\nNothing needs doing.\n<https://app.example.com/admin/integrations>",
    });
  });

  test("carries no markup of its own", async () => {
    const { requests } = await tell({}, { severity: "warning", title: "<!channel> & co", text: "a < b" });
    const { text } = JSON.parse(requests[0]?.body ?? "");
    expect(text).toContain("*Warning: &lt;!channel&gt; &amp; co*\na &lt; b\n");
  });

  test("is signed over its exact bytes and its time", async () => {
    const { requests } = await tell({});
    const [request] = requests;
    const [, seconds, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request?.headers["x-breakwater-signature"])) ?? [];
    expect(Number(seconds)).toBe(Math.floor(NOW / 1000));
    expect(signature).toBe(createHmac("sha256", SECRET).update(`${seconds}.${request?.body}`).digest("hex"));
  });

  test.each([
    [{ body: "ok" }],
    [{ body: "" }],
    [{ body: "not json, and no matter" }],
    [{ status: 202, body: '{"id":"1"}' }],
    [{ status: 204 }],
  ])("is told when the receiver answers %o", async (answer) => {
    expect((await tell(answer)).error).toBeNull();
  });

  test("is not told when a page answers in the receiver's place", async () => {
    const { error } = await tell({ body: "\n<!doctype html><title>Sign in</title>" });
    expect(error).toMatchObject({ kind: "unavailable", mayHaveTakenEffect: true });
  });

  test("does not go where a redirect leads", async () => {
    const elsewhere = await answeringServer({});
    const { error } = await tell({ status: 307, headers: { location: elsewhere.url } });
    expect(error).toMatchObject({ kind: "unknown", status: 307, mayHaveTakenEffect: false });
    expect(elsewhere.requests).toEqual([]);
    elsewhere.stop();
  });
});

describe("the address", () => {
  test.each([{ status: 404, body: "no_service" }, { status: 500 }, { body: "<html>" }])(
    "stands in no error, also not of %o",
    async (answer) => {
      const { error } = await tell(answer);
      expect(error).toMatchObject({ provider: "oncall", operation: "alert.notify" });
      expect(inspect(error, { depth: 10 })).not.toContain(CANARY);
    },
  );

  test("that cannot be read stands in no error either", async () => {
    const policy = createTestPolicy("oncall");
    const url = `https://${CANARY} .example.com`;
    const onCall = createWebhookOnCall({ url, secret: SECRET, mode: "live", policy });
    const error = await onCall.notify(alert()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "unavailable" });
    expect(inspect(error, { depth: 10 })).not.toContain(CANARY);
  });

  test("is told apart from another by its fingerprint alone", async () => {
    const { onCall } = await tell({});
    expect(onCall.configuration).toEqual({
      provider: "oncall",
      mode: "live",
      keyFingerprint: expect.stringMatching(/^[0-9a-f]{8}$/),
      apiVersion: null,
    });
  });
});
