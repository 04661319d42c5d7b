/**
 * The built app among vendors that quote whatever they are sent, with a canary in the place of every secret that can be
 * chosen freely.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { PLANS } from "@/lib/billing/plans";
import { createStripePayments } from "@/lib/integrations/payments/stripe/adapter";
import type { MailboxEntry } from "@/lib/sandbox/mail/mailbox-app";
import { startSandbox } from "@/lib/sandbox/start";
import { freePort } from "@/scripts/stack/ports";
import { startBuiltApp } from "./built-app";
import { canaryWord } from "./canaries";
import { createTestDatabase } from "./database";
import { startSink } from "./http-sink";
import { eventually } from "./poll";
import { startQuotingVendor } from "./quoting-vendor";
import { createTestPolicy } from "./test-policy";
import { ANY_PORTS, SENDGRID_PRIVATE_KEY, SENDGRID_WEBHOOK_PUBLIC_KEY } from "./vendors";

function makeSecrets() {
  return {
    stripeKey: `sk_test_${canaryWord()}`,
    // What follows the prefix of a webhook's secret is base64, which a canary is.
    stripeWebhook: `whsec_${canaryWord()}`,
    resendKey: `re_${canaryWord()}`,
    resendWebhook: `whsec_${canaryWord()}`,
    sendgridKey: `SG.${canaryWord()}`,
    oncallToken: canaryWord(),
    oncallSecret: canaryWord(),
    auth: `${canaryWord()}${canaryWord()}`,
    cron: canaryWord(),
    databasePassword: canaryWord(),
    /** What those who are not us begin their prose with, so that it is known again. */
    foreignProse: canaryWord(),
  };
}
type Secrets = ReturnType<typeof makeSecrets>;

/** A role of the app's own, for its password is a canary; and what can be done to the database behind its back. */
async function openDatabase(password: string) {
  const database = await createTestDatabase();
  const role = `app_${randomUUID().replaceAll("-", "")}`;
  const owner = new pg.Pool({ connectionString: database.url, max: 4 });
  const say = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await owner.query(sql, values)).rows;
  await say(`CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD '${password}'`);
  const url = new URL(database.url);
  Object.assign(url, { username: role, password });
  return {
    url: url.href,
    rows: say,
    /** Ends the app's connections and refuses its password. */
    refuse: async () => {
      await say(`ALTER ROLE ${role} PASSWORD 'another'`);
      await say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [role]);
    },
    accept: () => say(`ALTER ROLE ${role} PASSWORD '${password}'`),
    stop: async () => {
      await say(`DROP ROLE ${role}`);
      await owner.end();
      await database.drop();
    },
  };
}

/** The stand-ins, each behind somebody who can be brought to quote. */
async function startQuotingVendors(secrets: Secrets, appUrl: string) {
  const dataDir = mkdtempSync(join(tmpdir(), "breakwater-canaries-"));
  const sandbox = await startSandbox({
    dataDir,
    appUrl,
    ports: ANY_PORTS,
    webhookSecrets: {
      stripe: secrets.stripeWebhook,
      resend: secrets.resendWebhook,
      sendgrid: SENDGRID_PRIVATE_KEY,
    },
  });
  const { urls } = sandbox;
  const prose = secrets.foreignProse;
  const stripe = await startQuotingVendor({
    ...{ target: urls.stripe, prose, exchange: { from: secrets.stripeKey, to: "sk_test_sandbox" } },
    errorBody: (status, words) => ({
      error: { type: status === 402 ? "card_error" : "api_error", message: words, code: words, param: words },
    }),
  });
  const resend = await startQuotingVendor({
    ...{ target: urls.resend, prose, exchange: { from: secrets.resendKey, to: "re_sandbox" } },
    errorBody: (statusCode, words) => ({ statusCode, name: words, message: words }),
  });
  const sendgrid = await startQuotingVendor({
    ...{ target: urls.sendgrid, prose, exchange: { from: secrets.sendgridKey, to: "SG.sandbox" } },
    errorBody: (_status, words) => ({ errors: [{ message: words, field: words, help: words }] }),
  });
  const oncall = await startQuotingVendor({
    ...{ target: urls.oncall, prose, exchange: { from: `/${secrets.oncallToken}`, to: "/webhook" } },
    errorBody: (_status, words) => words,
  });
  const vendors = { stripe, resend, sendgrid, oncall };
  return {
    ...vendors,
    urls,
    stop: async () => {
      await Promise.all(Object.values(vendors).map((vendor) => vendor.stop()));
      await sandbox.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

type QuotingVendors = Awaited<ReturnType<typeof startQuotingVendors>>;

function environment(
  secrets: Secrets,
  {
    vendors,
    databaseUrl,
    appUrl,
    sinkPort,
    operator,
  }: {
    vendors: QuotingVendors;
    databaseUrl: string;
    appUrl: string;
    sinkPort: number;
    operator: string;
  },
): Record<string, string> {
  const { stripe, resend, sendgrid, oncall } = vendors;
  return {
    SANDBOX: "1",
    APP_URL: appUrl,
    DATABASE_URL: databaseUrl,
    BETTER_AUTH_SECRET: secrets.auth,
    CRON_SECRET: secrets.cron,
    ADMIN_EMAILS: operator,
    STRIPE_SECRET_KEY: secrets.stripeKey,
    STRIPE_WEBHOOK_SECRET: secrets.stripeWebhook,
    STRIPE_API_BASE: stripe.url,
    EMAIL_PROVIDER: "resend",
    EMAIL_FALLBACK_PROVIDER: "sendgrid",
    EMAIL_FROM: "Breakwater <hello@breakwater.example>",
    RESEND_API_KEY: secrets.resendKey,
    RESEND_WEBHOOK_SECRET: secrets.resendWebhook,
    RESEND_BASE_URL: resend.url,
    SENDGRID_API_KEY: secrets.sendgridKey,
    SENDGRID_WEBHOOK_PUBLIC_KEY,
    SENDGRID_BASE_URL: sendgrid.url,
    ONCALL_WEBHOOK_URL: `${oncall.url}/${secrets.oncallToken}`,
    ONCALL_WEBHOOK_SECRET: secrets.oncallSecret,
    SANDBOX_ONCALL_URL: oncall.url,
    SANDBOX_CONTROL_URL: vendors.urls.control,
    SENTRY_DSN: `http://public@127.0.0.1:${sinkPort}/1`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sinkPort}`,
    OTEL_BSP_SCHEDULE_DELAY: "200",
    // The framework's spans too, all that it has.
    NEXT_OTEL_VERBOSE: "1",
  };
}

export type CanaryStack = Awaited<ReturnType<typeof startCanaryStack>>;

/** @param operator the address of whoever is to be an operator */
export async function startCanaryStack({ operator }: { operator: string }) {
  const secrets = makeSecrets();
  const port = await freePort();
  const appUrl = `http://localhost:${port}`;
  const [database, sink, vendors] = await Promise.all([
    openDatabase(secrets.databasePassword),
    startSink(),
    startQuotingVendors(secrets, appUrl),
  ]);
  const payments = createStripePayments({
    secretKey: "sk_test_sandbox",
    webhookSecrets: [],
    apiBase: vendors.urls.stripe,
    mode: "sandbox",
    policy: createTestPolicy("stripe"),
  });
  await payments.pushCatalogue(Object.values(PLANS));
  const given = { vendors, databaseUrl: database.url, appUrl, sinkPort: sink.port, operator };
  const variables = environment(secrets, given);
  const app = await startBuiltApp(variables, port);
  const stop = async () => {
    app.kill("SIGKILL");
    await app.exited;
    await Promise.all([vendors.stop(), sink.stop()]);
    await database.stop();
  };
  await app.ready().catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  return {
    secrets,
    /** What the app was started with. */
    variables,
    app,
    database,
    vendors,
    /** What was sent to error monitoring and to the tracing backend. */
    sent: sink.received,
    /** The newest mail to an address with these words in its subject: where its link to a path of the app leads. */
    mailedLink: async (to: string, subject: string, path: string): Promise<string> => {
      const mailbox = `${vendors.urls.resend}/mailbox.json?to=${encodeURIComponent(to)}`;
      return eventually(`a mail "${subject}"`, async () => {
        const { emails } = (await (await fetch(mailbox)).json()) as { emails: MailboxEntry[] };
        const mail = emails.find((one) => one.subject.includes(subject));
        const link = new RegExp(`${appUrl}(${path}[^"]*)`).exec(mail?.html ?? "")?.[1];
        return link?.replaceAll("&amp;", "&");
      });
    },
    stop,
  };
}
