/**
 * Guards who is answered what: every page and every route of the production build, asked for by everybody in turn. One
 * that is not written down here fails.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend } from "@/tests/support/backend";
import { type BuiltApp, startBuiltApp } from "@/tests/support/built-app";
import { castOf, ROLES, type Role } from "@/tests/support/cast";
import { sourceFiles } from "@/tests/support/source-files";

const OPERATOR = `operator-${randomUUID()}@example.com`;
const backend = await startBackend({ ADMIN_EMAILS: OPERATOR });

/** "200", "404", …; where it leads instead, without what it remembers. */
type Answered = `${number}` | `to ${string}`;
type Answers = Record<Role, Answered>;

const all = (answered: Answered): Answers =>
  Object.fromEntries(ROLES.map((role) => [role, answered])) as Answers;

/** Who may see what; the kinds that most pages are of. */
const EVERYBODY = all("200");
const GUESTS: Answers = { ...all("to /dashboard"), anonymous: "200" };
const SIGNED_IN: Answers = { ...EVERYBODY, anonymous: "to /sign-in" };
const OPERATORS: Answers = { ...all("404"), anonymous: "to /sign-in", operator: "200" };
/** What only a machine with a secret is answered. */
const NOBODY = all("401");

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

interface Asked {
  method?: (typeof METHODS)[number];
  /** With ids of the workspace's in it. */
  path: (ids: Ids) => string;
  body?: string;
  headers?: Record<string, string>;
  answers: Answers;
}

interface Ids {
  invoice: string;
  event: string;
  mail: string;
}

const page = (path: string, answers: Answers): Asked => ({ path: () => path, answers });
const delivery = (path: string): Asked => ({
  method: "POST",
  path: () => path,
  body: "{}",
  headers: { "content-type": "application/json" },
  answers: all("400"),
});

/** By the file; several ways to ask for one are a list. */
const MATRIX: Record<string, Asked[]> = {
  "(marketing)/page.tsx": [page("/", EVERYBODY)],
  "(marketing)/pricing/page.tsx": [page("/pricing", EVERYBODY)],
  "(marketing)/status/page.tsx": [page("/status", EVERYBODY)],
  "(marketing)/unsubscribe/page.tsx": [page("/unsubscribe?token=none", EVERYBODY)],
  "(auth)/sign-in/page.tsx": [page("/sign-in", GUESTS)],
  "(auth)/sign-up/page.tsx": [page("/sign-up", GUESTS)],
  "(auth)/forgot-password/page.tsx": [page("/forgot-password", EVERYBODY)],
  "(auth)/reset-password/page.tsx": [page("/reset-password?token=none", EVERYBODY)],
  "(auth)/verify-email/page.tsx": [page("/verify-email?token=none", EVERYBODY)],
  "(app)/dashboard/page.tsx": [page("/dashboard", SIGNED_IN)],
  "(app)/billing/page.tsx": [page("/billing", SIGNED_IN)],
  "(app)/billing/return/page.tsx": [page("/billing/return?operation=none", SIGNED_IN)],
  "(app)/billing/invoices/[id]/route.ts": [
    {
      path: ({ invoice }) => `/billing/invoices/${invoice}`,
      answers: {
        ...all("to https://invoice.example"),
        anonymous: "to /sign-in",
        stranger: "404",
        operator: "404",
      },
    },
  ],
  "(app)/settings/page.tsx": [page("/settings", SIGNED_IN)],
  "(app)/settings/workspace/page.tsx": [page("/settings/workspace", SIGNED_IN)],
  "(admin)/admin/integrations/page.tsx": [page("/admin/integrations", OPERATORS)],
  "(admin)/admin/webhooks/page.tsx": [page("/admin/webhooks", OPERATORS)],
  "(admin)/admin/webhooks/[id]/page.tsx": [
    { path: ({ event }) => `/admin/webhooks/${event}`, answers: OPERATORS },
  ],
  "(admin)/admin/emails/page.tsx": [page("/admin/emails", OPERATORS)],
  "(admin)/admin/emails/[id]/page.tsx": [{ path: ({ mail }) => `/admin/emails/${mail}`, answers: OPERATORS }],
  "(admin)/admin/emails/suppressions/page.tsx": [page("/admin/emails/suppressions", OPERATORS)],
  "api/cron/pump/route.ts": [page("/api/cron/pump", NOBODY)],
  "api/cron/reconcile/route.ts": [page("/api/cron/reconcile", NOBODY)],
  "api/health/route.ts": [page("/api/health", EVERYBODY)],
  "api/health/pump/route.ts": [page("/api/health/pump", EVERYBODY)],
  "api/status/route.ts": [page("/api/status", EVERYBODY)],
  "api/unsubscribe/route.ts": [
    page("/api/unsubscribe?token=none", all("to /unsubscribe")),
    { method: "POST", path: () => "/api/unsubscribe?token=none", answers: all("400") },
  ],
  "api/webhooks/stripe/route.ts": [delivery("/api/webhooks/stripe")],
  "api/webhooks/resend/route.ts": [delivery("/api/webhooks/resend")],
  "api/webhooks/sendgrid/route.ts": [delivery("/api/webhooks/sendgrid")],
  "sandbox/[page]/route.ts": [page("/sandbox/no-such-page", all("404"))],
};

const files = sourceFiles("app", /\/(page\.tsx|route\.ts)$/).map(({ path, text }) => ({
  name: path.replace(/^app\//, ""),
  text,
}));
/** Who may be shown the workspace's name: its own people, and operators. */
const MAY_KNOW: readonly Role[] = ["member", "admin", "owner", "operator"];

let app: BuiltApp;
let cast: Awaited<ReturnType<typeof castOf>>;
let ids: Ids;

beforeAll(async () => {
  cast = await castOf(backend, OPERATOR);
  ids = await thingsOf(cast.workspaceId);
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    /^(APP_|DATABASE_|BETTER_AUTH|CRON_|ADMIN_|SANDBOX|STRIPE_|EMAIL_|RESEND_|SENDGRID_|ONCALL_)/.test(
      name,
    ) && value
      ? [[name, value]]
      : [],
  );
  app = await startBuiltApp(Object.fromEntries(own));
  await app.ready();
}, 120_000);
afterAll(async () => {
  app?.kill("SIGTERM");
  await app?.exited;
  await backend.stop();
});

/** One of each kind that a page shows by its id. */
async function thingsOf(workspaceId: string): Promise<Ids> {
  const [customer] = await backend.rows<{ id: string }>(
    `INSERT INTO billing_customer (id, workspace_id, provider, mode, account, external_id, updated_at)
     VALUES (gen_random_uuid(), $1, 'stripe', 'SANDBOX', '', 'cus_matrix', now()) RETURNING id`,
    [workspaceId],
  );
  const [invoice] = await backend.rows<{ id: string }>(
    `INSERT INTO invoice (id, workspace_id, customer_id, provider, mode, account, external_id, status, total, amount_paid, amount_due, currency,
                          issued_at, hosted_url, fence, updated_at)
     VALUES (gen_random_uuid(), $1, $2, 'stripe', 'SANDBOX', '', 'in_matrix', 'PAID', 1900, 1900, 0, 'usd', now(),
             'https://invoice.example/in_matrix', 1, now()) RETURNING id`,
    [workspaceId, customer?.id],
  );
  const [event] = await backend.rows<{ id: string }>(
    `INSERT INTO webhook_event (id, provider, external_id, type, mode, status, object_id, occurred_at, payload)
     VALUES (gen_random_uuid(), 'stripe', 'evt_matrix', 'invoice.paid', 'SANDBOX', 'DONE', 'in_matrix', now(), '{}')
     RETURNING id`,
  );
  const [mail] = await backend.rows<{ id: string }>(
    "SELECT id FROM outbox_message WHERE kind = 'EMAIL' ORDER BY created_at LIMIT 1",
  );
  return { invoice: invoice?.id ?? "", event: event?.id ?? "", mail: mail?.id ?? "" };
}

async function ask(role: Role, { method = "GET", path, body, headers }: Asked) {
  const cookie = cast.cookieOf(role);
  const response = await fetch(`${app.url}${path(ids)}`, {
    method,
    body,
    redirect: "manual",
    headers: { connection: "close", ...headers, ...(cookie && { cookie }) },
  });
  return { response, text: await response.text() };
}

function answered(response: Response): Answered {
  const location = response.headers.get("location");
  if (location === null) return `${response.status}`;
  const { origin, pathname } = new URL(location, app.url);
  return `to ${origin === app.url ? pathname : origin}`;
}

describe("every page and every route", () => {
  test("has an entry here, and every entry a file", () => {
    expect(Object.keys(MATRIX).sort()).toEqual(files.map(({ name }) => name).sort());
  });

  test("that has an id in its path is asked for one that is there", () => {
    for (const id of Object.values(ids)) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each(Object.entries(MATRIX))("%s answers everybody as is written here", async (_file, asked) => {
    for (const one of asked) {
      const answers: Partial<Answers> = {};
      for (const role of ROLES) {
        const { response, text } = await ask(role, one);
        answers[role] = answered(response);
        if (!MAY_KNOW.includes(role)) expect(text, role).not.toContain(cast.secret);
      }
      expect(answers, `${one.method ?? "GET"} ${one.path(ids)}`).toEqual(one.answers);
    }
  });

  test("is reached by the methods that it has, and by no other", async () => {
    for (const { name, text } of files.filter(({ name: file }) => file.endsWith("route.ts"))) {
      const has = METHODS.filter((method) =>
        new RegExp(`export (async function|function|const) ${method}\\b`).test(text),
      );
      expect(has.length, name).toBeGreaterThan(0);
      const path = MATRIX[name]?.[0]?.path ?? (() => "/");
      for (const method of METHODS.filter((one) => !has.includes(one))) {
        // By somebody who is signed in: others are sent to the sign-in page before anything is looked at.
        const { response } = await ask("owner", { method, path, answers: all("405") });
        expect(response.status, `${method} ${name}`).toBe(405);
      }
    }
  });
});
