/**
 * Guards secrets and personal data as a whole: in the built app every secret, and three people's names, addresses,
 * passwords, sessions and links, are canaries. They are pushed through every path there is, with vendors that quote
 * them and a database that does, and are then looked for in everything that came out.
 */
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Canary, canaryWord, type Evidence, findCanaries, formsOf } from "@/tests/support/canaries";
import { type CanaryStack, startCanaryStack } from "@/tests/support/canary-stack";
import { createPeople, type People, type Person } from "@/tests/support/canary-people";
import { eventually } from "@/tests/support/poll";
import type { Quote } from "@/tests/support/quoting-vendor";
import { payHosted } from "@/tests/support/vendors";
import type { Visitor } from "@/tests/support/visitor";

/** What vendors say when they fail: refusals first, so that no breaker opens before all have been heard. */
const REFUSALS: readonly Quote[] = ["own words", 400, 401, 402, 403, 404, 409, 422];
const QUOTES: readonly Quote[] = [...REFUSALS, 500, 503, "garbage", "truncated", "reset", "foreign", 429];

/** What the stand-in says to a key that it does not know; it shows the ends of the key. */
const OWN_WORDS: Canary = { name: "what the payments vendor says of our key", value: "Invalid API Key provided" };

let stack: CanaryStack;
let people: People;
let stranger: Visitor;

const CONSOLE = "/admin/integrations";

async function join(person: Person): Promise<void> {
  const { visitor, name, email, password } = person;
  await visitor.submit("/sign-up", { button: "Create account", fields: { name, email, password } });
  const button = "Confirm my e-mail address";
  await people.followLink(person, { subject: "Confirm", path: "/verify-email", button });
  people.noteSession(person);
}

async function useAccount(person: Person): Promise<void> {
  const { visitor, name, email, password } = person;
  const signIn = (fields: Record<string, string>) => visitor.submit("/sign-in", { button: "Sign in", fields });
  const signUp = (fields: Record<string, string>) =>
    visitor.submit("/sign-up", { button: "Create account", fields });
  visitor.forget();
  await signIn({ email, password: `${password}x` });
  await signIn({ email: `else-${email}`, password });
  await signUp({ name: "", email, password: "short" });
  await signUp({ name, email, password });
  await visitor.submit("/forgot-password", { button: "Send me a link", fields: { email } });
  const reset = { button: "Save new password", fields: { password } };
  const mail = { subject: "Choose a new password", path: "/reset-password", ...reset };
  const link = await people.followLink(person, mail);
  // A second time, and made up: refused.
  await visitor.submit(link, reset);
  await visitor.submit(link.replace("token=", "token=made-up-"), reset);
  await signIn({ email, password });
  people.noteSession(person);
  await visitor.submit("/settings", { button: "Save", within: 'autoComplete="name"', fields: { name } });
  await visitor.submit("/dashboard", { button: "Create project", fields: { name } });
}

/** Whole pages, and their payloads as a browser with JavaScript fetches them. */
async function look(visitor: Visitor): Promise<void> {
  const pages = ["/", "/sign-in", "/dashboard", "/settings", "/billing", CONSOLE, "/status", "/no-such-page"];
  const data = ["/api/status", "/api/health", "/api/health/pump"];
  for (const path of [...pages, ...data]) {
    await visitor.open(path);
    await visitor.open(path, { headers: { rsc: "1" } });
  }
}

async function subscribe({ visitor }: Person): Promise<void> {
  const { to } = await visitor.submit("/billing", { button: "Choose Pro" });
  expect(await payHosted(to ?? "")).toBe(303);
  await eventually("the subscription", async () =>
    (await visitor.open("/billing")).body.includes("Cancel subscription"),
  );
}

/** Webhooks that nobody signed, that are none, and that are signed and hold what they should not. */
async function sendWebhooks({ email, name }: Person): Promise<void> {
  const everything = Object.values(stack.secrets).join(" ");
  const event = { id: `evt_${canaryWord()}`, object: "event", type: email, created: 1, email, name, everything };
  const body = JSON.stringify(event);
  const post = async (vendor: string, text: string, headers: Record<string, string> = {}) => {
    const init = { body: text, headers: { "content-type": "application/json", ...headers } };
    return (await stranger.ask("POST", `/api/webhooks/${vendor}`, init)).status;
  };
  for (const vendor of ["stripe", "resend", "sendgrid"]) {
    const headers = { "stripe-signature": everything, "svix-signature": everything, "svix-id": email };
    expect(await post(vendor, body)).toBe(400);
    expect(await post(vendor, body, headers)).toBe(400);
    expect(await post(vendor, `{{${body}`)).toBe(400);
    expect(await post(vendor, body, { "content-type": everything })).toBe(415);
    expect(await post(vendor, body.repeat(1_000))).toBe(413);
  }
  const secret = stack.secrets.stripeWebhook;
  for (const payload of [`{{${email}`, body, JSON.stringify({ ...event, api_version: email })]) {
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
    await post("stripe", payload, { "stripe-signature": signature });
  }
  for (const bearer of [email, `${stack.secrets.cron}x`, stack.secrets.cron])
    await stranger.open("/api/cron/pump", { headers: { authorization: `Bearer ${bearer}` } });
}

/** Requests that are no form of ours, with canaries where something is expected. */
async function sendNonsense({ visitor, email, name }: Person): Promise<void> {
  const { stripeKey } = stack.secrets;
  await visitor.ask("POST", "/billing", { body: email, headers: { "next-action": stripeKey } });
  await visitor.ask("POST", "/billing", { body: name, headers: { "content-type": "multipart/form-data" } });
  await visitor.ask("POST", "/sign-in", { body: new URLSearchParams({ $ACTION_ID_00: name, email }) });
  await visitor.open("/dashboard", { headers: { cookie: `breakwater.session_token=${stripeKey}.${email}` } });
}

async function meetQuotesOfPayments({ visitor }: Person): Promise<void> {
  const { stripe } = stack.vendors;
  stripe.fail(QUOTES);
  for (let press = 0; stripe.failuresLeft() > 0; press += 1) {
    expect(press).toBeLessThan(30);
    await visitor.submit("/billing", { button: "Choose Pro" });
  }
}

async function meetQuotes(vendor: "resend" | "sendgrid" | "oncall", ask: () => Promise<unknown>): Promise<void> {
  const { fail, failuresLeft } = stack.vendors[vendor];
  fail(QUOTES);
  await eventually(`${vendor} to have failed in every way`, async () => {
    if (failuresLeft() > 0) await ask();
    return failuresLeft() === 0;
  });
}

const askForMail = ({ visitor, email }: Person) =>
  visitor.submit("/forgot-password", { button: "Send me a link", fields: { email } });

const makeTraffic = ({ visitor }: Person, button: string) => visitor.submit(CONSOLE, { button });

/** An operator's hand on a breaker. */
const override = ({ visitor }: Person, how: string, provider: string, button: string) =>
  visitor.submit(`${CONSOLE}?confirm=${how}&provider=${provider}&effect=write`, { button });

async function changeSubscription({ visitor }: Person): Promise<void> {
  const { stripe } = stack.vendors;
  const change = () =>
    visitor.submit("/billing?confirm=change&plan=team&interval=month", { button: "Change to Team" });
  stripe.fail([400, 401, 402, 403, 404], /POST .*subscriptions/);
  while (stripe.failuresLeft() > 0) await change();
  await change();
  await eventually("the change", async () => (await visitor.open("/billing")).body.includes("Change to Pro"));
  await visitor.submit("/billing?confirm=cancel", { button: "Cancel subscription" });
}

async function pushThroughEverything(operator: string): Promise<void> {
  const ann = people.newPerson("Ann", `${canaryWord()}@example.test`);
  const ben = people.newPerson("Ben", `${canaryWord()}@example.test`);
  const olga = people.newPerson("Olga", operator);
  const t = (what: string) => console.log(what, Math.round(performance.now() / 100) / 10);
  await Promise.all([ann, ben, olga].map(join));
  t("joined");
  await useAccount(ann);
  await subscribe(ann);
  t("account");
  await Promise.all([sendWebhooks(ben), sendNonsense(ben), look(stranger), look(ann.visitor), look(olga.visitor)]);
  t("webhooks");
  await Promise.all([
    meetQuotesOfPayments(ben),
    meetQuotes("resend", () => Promise.all([askForMail(ben), makeTraffic(olga, "Send 10 mails: E-mail")])),
    meetQuotes("oncall", () => makeTraffic(olga, "Send 10 alerts: On-call")),
  ]);
  t("quotes");
  await override(olga, "open", "resend", "Hold open");
  await Promise.all([changeSubscription(ann), meetQuotes("sendgrid", () => Promise.all([askForMail(ben), makeTraffic(olga, "Send 10 mails: E-mail")]))]);
  await override(olga, "reset", "resend", "Reset");
  t("quotes 2");
}

beforeAll(async () => {
  const operator = `${canaryWord()}@example.test`;
  stack = await startCanaryStack({ operator });
  people = createPeople(stack);
  stranger = people.visitorOf(null);
  await pushThroughEverything(operator);
}, 120_000);
afterAll(() => stack?.stop());

describe("x", () => {
  test("x", () => {
    console.log(stack.app.output().slice(-6000));
    console.log(stack.app.errors().slice(-3000));
    const evidence: Evidence[] = [{ where: "output", text: stack.app.output() + stack.app.errors() }];
    const all = [...people.canaries, OWN_WORDS];
    console.log(formsOf("x"), findCanaries(evidence, all));
  });
});
