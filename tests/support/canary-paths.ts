/** Every path through the app that secrets and people's data take, and every way in which it fails on them. */
import Stripe from "stripe";
import { expect } from "vitest";
import { canaryWord } from "./canaries";
import type { People, Person } from "./canary-people";
import type { CanaryStack } from "./canary-stack";
import { eventually } from "./poll";
import type { Quote } from "./quoting-vendor";
import { payHosted } from "./vendors";
import type { Visitor } from "./visitor";

interface Scene {
  stack: CanaryStack;
  people: People;
  stranger: Visitor;
}

/** Refusals first, so that all have been heard before a breaker opens; then what makes everybody wait. */
const QUOTES: readonly Quote[] = [
  ...(["own words", 400, 401, 402, 403, 404, 409, 422] as const),
  ...([500, 503, "garbage", "truncated", "reset", "foreign", 429] as const),
];

const CONSOLE = "/admin/integrations";
const PAGES = ["/", "/sign-in", "/dashboard", "/settings", "/billing", CONSOLE, "/status", "/no-such-page"];
const DATA = ["/api/status", "/api/health", "/api/health/pump"];

export const newAddress = () => `${canaryWord()}@example.test`;

async function join({ people }: Scene, person: Person): Promise<void> {
  const { visitor, name, email, password } = person;
  await visitor.submit("/sign-up", { button: "Create account", fields: { name, email, password } });
  const button = "Confirm my e-mail address";
  await people.followLink(person, { subject: "Confirm", path: "/verify-email", button });
  people.noteSession(person);
}

const signIn = ({ visitor }: Person, fields: Record<string, string>) =>
  visitor.submit("/sign-in", { button: "Sign in", fields });
const signUp = ({ visitor }: Person, fields: Record<string, string>) =>
  visitor.submit("/sign-up", { button: "Create account", fields });
const askForMail = ({ visitor, email }: Person) =>
  visitor.submit("/forgot-password", { button: "Send me a link", fields: { email } });
const rename = ({ visitor, name }: Person) =>
  visitor.submit("/settings", { button: "Save", within: 'autoComplete="name"', fields: { name } });
const createProject = ({ visitor, name }: Person) =>
  visitor.submit("/dashboard", { button: "Create project", fields: { name } });
const choosePro = ({ visitor }: Person) => visitor.submit("/billing", { button: "Choose Pro" });
const cancel = ({ visitor }: Person) =>
  visitor.submit("/billing?confirm=cancel", { button: "Cancel subscription" });
const openPortal = ({ visitor }: Person) =>
  visitor.submit("/billing", { button: "Manage card and invoices" });
const resume = ({ visitor }: Person) => visitor.submit("/billing", { button: "Resume subscription" });
/** Buttons of the operators' console. */
const press = ({ visitor }: Person, button: string, query = "") =>
  visitor.submit(`${CONSOLE}${query}`, { button });

const signInElsewhere = ({ people }: Scene, person: Person) => {
  const { who, email, password } = person;
  return signIn({ ...person, visitor: people.visitorOf(who) }, { email, password });
};

async function useAccount({ people }: Scene, person: Person): Promise<void> {
  const { visitor, name, email, password } = person;
  visitor.forget();
  await signIn(person, { email, password: `${password}x` });
  await signIn(person, { email: `else-${email}`, password });
  await signUp(person, { name: "", email, password: "short" });
  await signUp(person, { name, email, password });
  await askForMail(person);
  const reset = { button: "Save new password", fields: { password } };
  const mail = { subject: "Choose a new password", path: "/reset-password", ...reset };
  const link = await people.followLink(person, mail);
  // A second time, and made up: refused.
  await visitor.submit(link, reset);
  await visitor.submit(link.replace("token=", "token=made-up-"), reset);
  await signIn(person, { email, password });
  people.noteSession(person);
  await rename(person);
  await createProject(person);
}

/** Whole pages, their payloads as a browser with JavaScript fetches them, and data. */
async function look(visitor: Visitor): Promise<void> {
  for (const path of PAGES) {
    await visitor.open(path);
    const asPayload = { headers: { rsc: "1" } };
    const { to } = await visitor.open(path, asPayload);
    // The framework sends a request for a payload on to an address of its own.
    if (to?.includes("_rsc")) await visitor.open(to.replace(/^https?:\/\/[^/]+/, ""), asPayload);
  }
  for (const path of DATA) await visitor.open(path);
}

/** Once what was known before is no longer believed. */
function statusIs(visitor: Visitor, level: string): Promise<unknown> {
  return eventually(`the status to be ${level}`, async () =>
    (await visitor.open("/api/status")).body.startsWith(`{"status":"${level}"`),
  );
}

async function subscribe(person: Person): Promise<void> {
  const { to } = await choosePro(person);
  expect(await payHosted(to ?? "")).toBe(303);
  await billingShows(person, "Cancel subscription");
}

function billingShows({ visitor }: Person, words: string): Promise<unknown> {
  return eventually(`"${words}" on the billing page`, async () =>
    (await visitor.open("/billing")).body.includes(words),
  );
}

/**
 * Webhooks that nobody signed, that are none, and that are signed and hold what they should not.
 * @param stored what is answered to those that are signed
 */
async function sendWebhooks(
  { stack, stranger }: Scene,
  { email, name }: Person,
  stored: 200 | 503,
): Promise<void> {
  const everything = Object.values(stack.secrets).join(" ");
  const data = { object: { id: email, object: name } };
  const event = { object: "event", type: email, created: 1, livemode: false, data, everything };
  const post = async (vendor: string, text: string, headers: Record<string, string> = {}) => {
    const init = { body: text, headers: { "content-type": "application/json", ...headers } };
    return (await stranger.ask("POST", `/api/webhooks/${vendor}`, init)).status;
  };
  const body = JSON.stringify({ ...event, id: "evt_unsigned" });
  for (const vendor of ["stripe", "resend", "sendgrid"]) {
    const headers = { "stripe-signature": everything, "svix-signature": everything, "svix-id": email };
    expect(await post(vendor, body)).toBe(400);
    expect(await post(vendor, body, headers)).toBe(400);
    expect(await post(vendor, `{{${body}`)).toBe(400);
    expect(await post(vendor, body, { "content-type": everything })).toBe(415);
    expect(await post(vendor, body.repeat(2_000))).toBe(413);
  }
  const secret = stack.secrets.stripeWebhook;
  const versions = [email, Stripe.API_VERSION];
  const signed = versions.map((api_version) => JSON.stringify({ ...event, id: canaryWord(), api_version }));
  for (const payload of [`{{${email}`, ...signed]) {
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
    const status = await post("stripe", payload, { "stripe-signature": signature });
    expect(status).toBe(payload.startsWith("{{") ? 400 : stored);
  }
  for (const bearer of [email, `${stack.secrets.cron}x`, stack.secrets.cron])
    await stranger.open("/api/cron/pump", { headers: { authorization: `Bearer ${bearer}` } });
}

/** Requests that are no form of ours, with canaries where something is expected. */
async function sendNonsense({ stack }: Scene, { visitor, email, name }: Person): Promise<void> {
  const { stripeKey } = stack.secrets;
  await visitor.ask("POST", "/billing", { body: email, headers: { "next-action": stripeKey } });
  await visitor.ask("POST", "/billing", { body: name, headers: { "content-type": "multipart/form-data" } });
  await visitor.ask("POST", "/sign-in", { body: new URLSearchParams({ $ACTION_ID_00: name, email }) });
  await visitor.open("/dashboard", { headers: { cookie: `breakwater.session_token=${stripeKey}.${email}` } });
}

/** One that takes the request and says half of its answer; whoever asked is told when our own deadline has passed. */
async function meetHangingVendor({ stack }: Scene, person: Person): Promise<void> {
  stack.vendors.stripe.fail(["hanging"], /POST .*customers/);
  await choosePro(person);
  expect(stack.vendors.stripe.failuresLeft()).toBe(0);
}

async function meetQuotes(
  { stack }: Scene,
  vendor: "stripe" | "resend" | "sendgrid" | "oncall",
  ask: () => Promise<unknown>,
): Promise<void> {
  const { fail, failuresLeft } = stack.vendors[vendor];
  fail(QUOTES);
  await eventually(`${vendor} to have failed in every way`, async () => {
    if (failuresLeft() > 0) await ask();
    return failuresLeft() === 0;
  });
}

async function changeSubscription({ stack }: Scene, person: Person): Promise<void> {
  const { fail, failuresLeft } = stack.vendors.stripe;
  const change = () =>
    person.visitor.submit("/billing?confirm=change&plan=team&interval=month", { button: "Change to Team" });
  fail([400, 401, 402, 403, 404], /POST .*subscriptions/);
  while (failuresLeft() > 0) await change();
  await change();
  await billingShows(person, "Change to Pro");
  await openPortal(person);
  await cancel(person);
}

/** All vendors answer 500 until their breakers open; then everybody looks around. */
async function bringVendorsDown(scene: Scene, { ann, ben, olga }: Cast): Promise<void> {
  const { stack, stranger } = scene;
  const vendors = [stack.vendors.stripe, stack.vendors.resend, stack.vendors.sendgrid, stack.vendors.oncall];
  for (const vendor of vendors) vendor.setDown(true);
  await eventually("the breaker of payments to open", async () => {
    await press(olga, "Make 20 calls: Payments");
    await press(olga, "Send 10 mails: E-mail");
    const open = await stack.database.rows(
      "SELECT state FROM integration_circuit WHERE provider = 'stripe' AND effect = 'WRITE' AND state <> 'CLOSED'",
    );
    return open.length > 0;
  });
  await Promise.all([choosePro(ben), openPortal(ann), press(olga, "Send a test: Payments")]);
  await resume(ann);
  await statusIs(stranger, "down");
  await Promise.all([look(stranger), look(ann.visitor), look(olga.visitor)]);
  for (const vendor of vendors) vendor.setDown(false);
  for (const effect of ["read", "write"])
    await press(olga, "Reset", `?confirm=reset&provider=stripe&effect=${effect}`);
}

/** What the database refuses to keep it quotes, in its own prose. */
async function meetQuotingDatabase(scene: Scene, { ann, ben }: Cast): Promise<void> {
  const { database, secrets } = scene.stack;
  const cleo = scene.people.newPerson("Cleo", newAddress());
  const { name, email, password } = cleo;
  const { rows } = database;
  const tables = await rows<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables
      WHERE schemaname = 'public' AND tablename NOT LIKE 'integration_%' AND NOT starts_with(tablename, '_')`,
  );
  await rows(
    `CREATE FUNCTION quote_row() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION '${secrets.foreignProse} the row (%)', NEW; END $$`,
  );
  for (const table of tables) {
    const trigger = `CREATE TRIGGER quote_row BEFORE INSERT OR UPDATE ON ${table.name}`;
    await rows(`${trigger} FOR EACH ROW EXECUTE FUNCTION quote_row()`);
  }
  await signUp(cleo, { name, email, password });
  await Promise.all([signInElsewhere(scene, ben), askForMail(ben)]);
  await Promise.all([createProject(ann), rename(ann), choosePro(ben)]);
  await sendWebhooks(scene, ben, 503);
  await rows("DROP FUNCTION quote_row CASCADE");
}

/** Its connections break, and no new one is let in. */
async function meetClosedDatabase(scene: Scene, { ann, ben }: Cast): Promise<void> {
  const { stack, stranger } = scene;
  await stack.database.refuse();
  await statusIs(stranger, "unknown");
  await Promise.all([look(ann.visitor), look(stranger), sendWebhooks(scene, ben, 503)]);
  await signInElsewhere(scene, ben);
  await stack.database.accept();
  await stack.app.ready();
}

/** Rows that nobody wrote, with canaries where something else is expected: each ends in an unexpected error. */
async function meetBrokenRows({ stack }: Scene, { ann }: Cast): Promise<void> {
  const { rows } = stack.database;
  const mail = "INSERT INTO outbox_message (id, kind, mode, business_key, payload, secret_payload)";
  await rows(`${mail} VALUES (gen_random_uuid(), 'EMAIL', 'SANDBOX', 'broken:1', $1, NULL)`, [
    JSON.stringify({ to: [ann.email], subject: ann.name }),
  ]);
  await rows(`${mail} VALUES (gen_random_uuid(), 'EMAIL', 'SANDBOX', 'broken:2', NULL, $1)`, [
    Buffer.from(`${ann.email} ${ann.name} ${stack.secrets.auth}`),
  ]);
  const event =
    "INSERT INTO webhook_event (id, provider, external_id, type, mode, object_id, payload, occurred_at)";
  const types = ["checkout.session.completed", "breakwater.operation.settle", "nobody.handles"];
  for (const type of types) {
    await rows(`${event} VALUES (gen_random_uuid(), 'stripe', $1, $1, 'SANDBOX', $2, $3, now())`, [
      type,
      ann.email,
      JSON.stringify({ email: ann.email }),
    ]);
  }
  await eventually("all of them to have been tried", async () => {
    const tried = await rows(
      `SELECT id FROM outbox_message WHERE business_key LIKE 'broken:%' AND attempts > 0
       UNION ALL
       SELECT id FROM webhook_event WHERE external_id = type AND attempts > 0 AND lease_until IS NULL`,
    );
    return tried.length === 2 + types.length;
  });
  await rows("ALTER TABLE project RENAME TO project_away");
  await look(ann.visitor);
  await rows("ALTER TABLE project_away RENAME TO project");
}

interface Cast {
  /** Has a subscription. */
  ann: Person;
  /** Has none. */
  ben: Person;
  /** The operator. */
  olga: Person;
}

export async function pushThroughEverything(scene: Scene, operator: string): Promise<void> {
  const { people, stranger } = scene;
  const ann = people.newPerson("Ann", newAddress());
  const ben = people.newPerson("Ben", newAddress());
  const olga = people.newPerson("Olga", operator);
  const cast = { ann, ben, olga };
  await Promise.all([ann, ben, olga].map((person) => join(scene, person)));
  const sendMails = () => Promise.all([askForMail(ben), press(olga, "Send 10 mails: E-mail")]);
  await Promise.all([
    meetHangingVendor(scene, ben),
    useAccount(scene, ann).then(() => look(ann.visitor)),
    sendWebhooks(scene, ben, 200).then(() => sendNonsense(scene, ben)),
    look(stranger),
    look(olga.visitor),
    meetQuotes(scene, "resend", sendMails),
    meetQuotes(scene, "oncall", () => press(olga, "Send 10 alerts: On-call")),
  ]);
  await subscribe(ann);
  await meetQuotes(scene, "stripe", () => choosePro(ben));
  await press(olga, "Hold open", "?confirm=open&provider=resend&effect=write");
  await Promise.all([changeSubscription(scene, ann), meetQuotes(scene, "sendgrid", sendMails)]);
  await press(olga, "Reset", "?confirm=reset&provider=resend&effect=write");
  await bringVendorsDown(scene, cast);
  await meetQuotingDatabase(scene, cast);
  await meetClosedDatabase(scene, cast);
  await meetBrokenRows(scene, cast);
}
