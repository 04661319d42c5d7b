/**
 * Guards secrets and personal data as a whole: in the built app every secret, and several people's names, addresses,
 * passwords, sessions and links, are canaries. They are pushed through every path there is, with vendors that quote
 * them and a database that does, and are then looked for in everything that came out.
 *
 * A secret may stand in no answer at all. What is somebody's own may stand on the pages that they were answered, their
 * session in the cookie that they were handed, their password nowhere.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBuiltApp } from "@/tests/support/built-app";
import { type Canary, canaryWord, type Evidence, findCanaries } from "@/tests/support/canaries";
import { newAddress, pushThroughEverything } from "@/tests/support/canary-paths";
import { createPeople, type People } from "@/tests/support/canary-people";
import { type CanaryStack, startCanaryStack } from "@/tests/support/canary-stack";
import type { Answer } from "@/tests/support/visitor";

let stack: CanaryStack;
let people: People;
let tables: Evidence[];

beforeAll(async () => {
  const operator = newAddress();
  stack = await startCanaryStack({ operator });
  people = createPeople(stack);
  await pushThroughEverything({ stack, people, stranger: people.visitorOf(null) }, operator);
  // What it still has in memory it hands over as it ends.
  stack.app.kill("SIGTERM");
  await stack.app.exited;
  tables = await searchedTables();
}, 120_000);
afterAll(() => stack?.stop());

/** What the stand-in says to a key that it does not know, showing both ends of it. */
const OWN_WORDS: Canary = { name: "what a vendor says of our key", value: "Invalid API Key provided" };

const secrets = (): Canary[] => [
  ...Object.entries(stack.secrets).map(([name, value]) => ({ name: `the secret ${name}`, value })),
  OWN_WORDS,
];
const allCanaries = (): Canary[] => [...secrets(), ...people.canaries];

const written = (): Evidence[] => [
  { where: "the standard output", text: stack.app.output() },
  { where: "the standard error", text: stack.app.errors() },
];

const sentTo = (where: string, path: string): Evidence[] =>
  stack.sent.filter((sent) => sent.path.startsWith(path)).map(({ body }) => ({ where, text: body }));
const envelopes = () => sentTo("an envelope to error monitoring", "/api/1/envelope/");
const spans = () => sentTo("spans", "/v1/traces");

const COLUMNS = [
  ["webhook_event", "last_error"],
  ["outbox_message", "last_error"],
  ["outbox_message", "business_key"],
  ["operation", "error_code"],
] as const;

/** What is kept of vendor calls, of failures and of who did what; mails and events hold people's data by right. */
async function searchedTables(): Promise<Evidence[]> {
  const { rows } = stack.database;
  const whole = await rows<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables
      WHERE schemaname = 'public' AND (tablename LIKE 'integration_%' OR tablename IN ('alert', 'audit_log'))`,
  );
  const columns = COLUMNS.map(([table, column]) => ({
    where: `${table}.${column}`,
    sql: `SELECT ${column} AS text FROM ${table} WHERE ${column} IS NOT NULL`,
  }));
  const searches = [
    ...whole.map(({ name }) => ({ where: name, sql: `SELECT to_jsonb(t)::text AS text FROM ${name} AS t` })),
    ...columns,
  ];
  const reading = searches.map(async ({ where, sql }) => {
    const found = await rows<{ text: string }>(sql);
    return { where, text: found.map(({ text }) => text).join("\n") };
  });
  return Promise.all(reading);
}

const textOf = (evidence: readonly Evidence[]) => evidence.map(({ text }) => text).join("\n");

describe("the search", () => {
  test("finds a canary however it is written, and nothing where there is none", () => {
    const canary = { name: "a secret", value: `sk_test_${canaryWord()}@example.test` };
    const { value } = canary;
    const encoded = (encoding: BufferEncoding) =>
      ["", "a", "ab", "abc"].map((before) => Buffer.from(`${before}${value}: z`).toString(encoding));
    const texts = [
      JSON.stringify({ message: `Invalid key: ${value}` }),
      value.toUpperCase(),
      `/sign-in?next=${encodeURIComponent(`/x?email=${value}`)}`,
      ...encoded("base64"),
      ...encoded("base64url"),
      ...encoded("hex"),
    ];
    const found = texts.map((text) => findCanaries([{ where: "there", text }], [canary]).length);
    expect(found).toEqual(texts.map(() => 1));
    expect(findCanaries([{ where: "there", text: value.slice(1) }], [canary])).toEqual([]);
  });

  test("would find them here: what may be told of every request is found wherever there is anything", () => {
    const known = [{ name: "the request's id", value: people.correlationId }];
    for (const evidence of [written(), envelopes(), spans()])
      expect(findCanaries(evidence, known).length, evidence[0]?.where).toBeGreaterThan(0);
    expect(tables.filter(({ text }) => text === "")).toEqual([]);
    expect(tables.map(({ where }) => where)).toEqual(
      expect.arrayContaining(["integration_status", "integration_metric", "alert", "audit_log"]),
    );
  });
});

describe("what was pushed", () => {
  test("reached every vendor, was quoted by it and by the database, and ended in unexpected errors", () => {
    const { stripe, resend, sendgrid, oncall } = stack.vendors;
    const asked = [stripe, resend, sendgrid, oncall].map(({ requests }) => JSON.stringify(requests));
    const { stripeKey, resendKey, sendgridKey, oncallToken } = stack.secrets;
    [stripeKey, resendKey, sendgridKey, oncallToken].forEach((secret, index) => {
      expect(asked[index]).toContain(secret);
    });
    const reached = people.canaries.filter(({ value }) => asked.some((text) => text.includes(value)));
    for (const kind of ["name", "address", "link"])
      expect(reached.filter(({ name }) => name.endsWith(kind)).length, kind).toBeGreaterThan(1);

    const log = textOf(written());
    // Refused rows, a password that is refused, connections that were ended, a table that is gone.
    for (const code of ["P0001", "28P01", "57P01", "P2021"]) expect(log).toContain(`"code":"${code}"`);
    for (const kind of ["credentials_rejected", "invalid_request", "unavailable", "timeout", "rate_limited"])
      expect(log).toContain(`"outcome":"${kind}"`);
    expect(textOf(envelopes())).toMatch(/"exception":\{"values":\[.*"fatal"/s);
    expect(people.answers.filter(({ head }) => head.includes("text/x-component")).length).toBeGreaterThan(20);
    const statuses = people.answers.map(({ status }) => status);
    expect(statuses).toEqual(expect.arrayContaining([200, 303, 307, 400, 401, 404, 413, 415, 500, 503]));
  });
});

describe("nothing of it came out", () => {
  test("in what the process writes", () => {
    expect(findCanaries(written(), allCanaries())).toEqual([]);
  });

  test("in what error monitoring is sent", () => {
    expect(findCanaries(envelopes(), allCanaries())).toEqual([]);
  });

  test("in spans", () => {
    expect(findCanaries(spans(), allCanaries())).toEqual([]);
  });

  test("in the tables of calls, failures and deeds", () => {
    expect(findCanaries(tables, allCanaries())).toEqual([]);
  });

  test("in alerts to whoever is on call", () => {
    const alerts = stack.vendors.oncall.requests.map(({ body }) => ({ where: "an alert", text: body }));
    expect(textOf(alerts)).toContain("rejects our key");
    expect(findCanaries(alerts, allCanaries())).toEqual([]);
  });

  test("in answers, but for what is the reader's own", () => {
    const answered = people.answered();
    expect(answered.length).toBeGreaterThan(500);
    const found = answered.flatMap(({ part, forbidden }) =>
      findCanaries([part], [...forbidden, ...secrets()]),
    );
    expect(found).toEqual([]);
    // The rule has something to bite on.
    const own = answered.filter(
      ({ part, forbidden }) =>
        findCanaries(
          [part],
          allCanaries().filter((canary) => !forbidden.includes(canary)),
        ).length > 0,
    );
    expect(own.length).toBeGreaterThan(50);
  });
});

describe("whoever has no business with it", () => {
  const VENDORS = /stripe|resend|sendgrid|slack|sentry|better.?auth|prisma|postgres/i;
  const INTERNALS = /circuit|breaker|half.open|\bprobe|idempoten|quota|fingerprint|ECONN|invocation/i;
  const answered = (page: string) => people.answers.filter(({ path }) => path.split("?")[0] === page);
  const expectPlain = (answers: readonly Answer[]) => {
    for (const { request, head, body } of answers) {
      expect(`${head}\n${body}`, request).not.toMatch(VENDORS);
      expect(`${head}\n${body}`, request).not.toMatch(INTERNALS);
    }
  };

  test("learns from the public status neither who serves nor what broke, in health and in every trouble", () => {
    const data = answered("/api/status");
    expect(data.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 503]));
    expect(data.map(({ body }) => JSON.parse(body).status)).toEqual(
      expect.arrayContaining(["operational", "down", "unknown"]),
    );
    const pages = answered("/status");
    for (const words of ["Everything is working", "Not everything is working", "We cannot tell right now"])
      expect(pages.filter(({ body }) => body.includes(words)).length, words).toBeGreaterThan(1);
    expectPlain([...data, ...pages]);
  });

  test("finds no operators' page, and nothing of it in the answer", () => {
    const asked = answered("/admin/integrations");
    const refused = asked.filter(({ by }) => by !== "Olga");
    // A payload begins before the page has refused, and says so at its end.
    const pages = refused.filter(({ path }) => !path.includes("_rsc"));
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([307, 404, 500]));
    expectPlain(refused);
    const shown = asked.filter(({ by, status }) => by === "Olga" && status === 200);
    expect(shown.filter(({ body }) => !VENDORS.test(body))).toEqual([]);
  });
});

test("a start that is refused says nothing of the values that it refuses", async () => {
  const mangled = Object.entries(stack.variables).map(([name, value]) => [name, `#${value}`]);
  const app = await startBuiltApp(Object.fromEntries(mangled));
  expect(await app.exited).toBe(1);
  expect(app.errors()).toContain("STRIPE_SECRET_KEY must start with");
  const text = `${app.output()}${app.errors()}`;
  expect(findCanaries([{ where: "a refused start", text }], allCanaries())).toEqual([]);
});
