/**
 * Guards the direction of imports (see docs/architecture.md): each row of the table is tried with imports that the
 * linter must refuse and with some that it must let pass. A rule that no longer bites fails here, not in production.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { type Finding, lintSnippets } from "@/tests/support/lint-snippets";

interface Row {
  /** Where the importing file stands. */
  from: string;
  refused: string[];
  allowed: string[];
}

const SDKS = [
  "stripe",
  "resend",
  "better-auth",
  "better-auth/cookies",
  "@clerk/nextjs",
  "@clerk/backend/webhooks",
  "@sentry/nextjs",
  "@opentelemetry/api",
];
const FRAMEWORK = ["next", "next/headers", "react", "server-only"];
const PRISMA = ["@/prisma/generated/client", "@prisma/adapter-pg", "@prisma/client", "pg"];
const STRIPE_ADAPTER = "@/lib/integrations/payments/stripe/adapter";

const TABLE: Row[] = [
  {
    from: "app/(app)/billing/page.tsx",
    refused: [
      ...SDKS,
      ...PRISMA,
      "@/lib/db/client",
      "@/lib/db/operations",
      "@/lib/integrations/payments",
      STRIPE_ADAPTER,
      "@/lib/webhooks/process",
      "@/lib/pump/pump",
      "@/lib/sync/sync-subscription",
      "@/lib/sandbox/start",
      "../../lib/db/client",
      "../../../lib/db/client",
    ],
    allowed: [
      "next/headers",
      "react",
      "@/components/ui/card",
      "@/lib/auth/guards",
      "@/lib/actions/create-action",
      "@/lib/use-cases/billing/start-checkout",
      "@/lib/billing/plans",
      "@/lib/errors/app-error",
      "@/lib/result",
      "@/lib/env",
      "@/lib/logger",
      "@/lib/db/billing",
      "@/lib/db/dashboard",
      "@/lib/db/service-status",
      "@/lib/status/service-status",
      "../next-path",
      "./actions",
    ],
  },
  {
    from: "app/(admin)/admin/integrations/page.tsx",
    refused: [
      ...SDKS,
      ...PRISMA,
      "@/lib/db/client",
      "@/lib/db/circuit-store",
      "@/lib/integrations/payments",
      "@/lib/compose",
      "@/lib/resilience/policy",
      "@/lib/sandbox/start",
      "../../../../lib/db/client",
    ],
    allowed: [
      "react",
      "@/components/ui/card",
      "@/lib/auth/guards",
      "@/lib/db/call-metrics",
      "@/lib/db/integration-health",
      "@/lib/db/operator-desk",
      "@/lib/db/webhook-console",
      "@/lib/db/mail-console",
      "@/lib/resilience/retry-budget",
      "@/lib/sandbox-control",
      "@/lib/use-cases/operations/override-circuit",
      "./_view/format",
    ],
  },
  {
    from: "app/layout.tsx",
    refused: ["../lib/db/client", "../components/ui/card", "../prisma/demo-people"],
    allowed: ["./globals.css"],
  },
  {
    from: "app/api/webhooks/stripe/route.ts",
    refused: [...SDKS, ...PRISMA, STRIPE_ADAPTER, "@/lib/db/webhook-events", "@/lib/use-cases/auth/sign-in"],
    allowed: ["next/server", "@/lib/webhooks/receive", "@/lib/integrations/payments", "@/lib/pump/pump"],
  },
  {
    from: "app/api/cron/pump/route.ts",
    refused: [...SDKS, ...PRISMA, "@/lib/db/client", "@/lib/alerts/raise-alert"],
    allowed: [
      "node:crypto",
      "@/lib/env",
      "@/lib/do-due-work",
      "@/lib/monitor/monitor",
      "@/lib/reconcile/reconcile-due",
      "../bearer",
    ],
  },
  {
    from: "app/api/status/route.ts",
    refused: [...SDKS, ...PRISMA, "@/lib/compose", "@/lib/monitor/monitor", "@/lib/integrations/payments"],
    allowed: ["next/server", "@/lib/db/service-status", "@/lib/do-due-work", "@/lib/status/service-status"],
  },
  {
    from: "app/(app)/layout.tsx",
    refused: [...SDKS, ...PRISMA, "@/lib/compose", "@/lib/webhooks/process", "@/lib/integrations/payments"],
    allowed: ["next/server", "@/lib/do-due-work", "@/lib/db/service-status", "@/components/shell/app-header"],
  },
  {
    from: "app/api/health/pump/route.ts",
    refused: [...SDKS, ...PRISMA, "@/lib/compose", "@/lib/webhooks/process", "@/lib/integrations/payments"],
    allowed: ["next/server", "@/lib/db/health", "@/lib/db/schedule", "@/lib/do-due-work", "@/lib/env"],
  },
  {
    from: "components/billing/plan-card.tsx",
    refused: [
      ...SDKS,
      ...PRISMA,
      "@/lib/env",
      "@/lib/logger",
      "@/lib/db/billing",
      "@/lib/auth/guards",
      "@/lib/use-cases/billing/start-checkout",
      "@/lib/integrations/payments",
      "@/lib/sandbox-links",
      "@/app/(app)/billing/page",
      "server-only",
      "next/headers",
      "node:fs",
      "../ui/card",
    ],
    allowed: [
      "react",
      "next/link",
      "@/components/ui/card",
      "@/lib/billing/plans",
      "@/lib/status/capabilities",
      "@/lib/result",
      "@/app/(app)/billing/actions",
      "./plan-features",
    ],
  },
  {
    from: "lib/use-cases/billing/start-checkout.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      STRIPE_ADAPTER,
      "@/app/(app)/billing/actions",
      "@/components/ui/card",
      "@/lib/use-cases/billing/change-plan",
      "./change-plan",
      "../auth/sign-in",
      "@/lib/webhooks/process",
      "@/lib/auth/guards",
      "@/lib/sandbox/start",
    ],
    allowed: [
      "node:crypto",
      "@/lib/integrations/payments",
      "@/lib/integrations/payments/port",
      "@/lib/db/client",
      "@/lib/sync/ensure-customer",
      "@/lib/billing/status",
      "@/lib/outbox/enqueue",
      "@/lib/errors/app-error",
      "@/lib/result",
      "@/lib/logger",
      "@/lib/env",
      "@/lib/auth/password",
    ],
  },
  {
    from: "lib/use-cases/operations/override-circuit.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      STRIPE_ADAPTER,
      "@/lib/use-cases/operations/test-integration",
      "./test-integration",
      "@/lib/webhooks/process",
      "@/lib/auth/guards",
      "@/lib/compose",
      "@/lib/resilience/policy",
      "@/lib/sandbox/start",
    ],
    allowed: [
      "@/lib/webhooks/registry",
      "@/lib/db/audit-log",
      "@/lib/db/circuit-store",
      "@/lib/integration-log",
      "@/lib/integrations/oncall",
      "@/lib/integrations/monitoring",
      "@/lib/outbox/enqueue",
      "@/lib/request-context",
      "@/lib/resilience/call",
    ],
  },
  {
    from: "lib/integrations/payments/stripe/adapter.ts",
    refused: [
      ...SDKS.filter((name) => name !== "stripe"),
      ...FRAMEWORK,
      ...PRISMA,
      "@/lib/db/client",
      "@/lib/use-cases/billing/start-checkout",
      "@/lib/compose",
      "@/lib/integrations/email/resend/adapter",
      "../paddle/adapter",
      "../index",
      "../../email/port",
    ],
    allowed: [
      "stripe",
      "../port",
      "./mapping",
      "@/lib/resilience/policy",
      "@/lib/http/client",
      "@/lib/errors/integration-error",
      "@/lib/env",
      "@/lib/logger",
      "@/lib/billing/plans",
      "@/lib/provider-scope",
    ],
  },
  {
    from: "lib/integrations/email/resend/adapter.ts",
    refused: [...SDKS.filter((name) => name !== "resend"), ...FRAMEWORK, ...PRISMA, "@/lib/db/client"],
    allowed: ["resend", "standardwebhooks", "../port"],
  },
  {
    from: "lib/integrations/auth/better-auth/client.ts",
    refused: ["stripe", "resend", "@clerk/nextjs", ...PRISMA, "@/lib/db/client", "@/lib/outbox/auth-mail"],
    allowed: ["better-auth", "better-auth/adapters/prisma", "../port", "next/headers"],
  },
  {
    from: "lib/integrations/monitoring/sentry/server.ts",
    refused: [
      ...SDKS.filter((name) => name !== "@sentry/nextjs"),
      ...FRAMEWORK,
      ...PRISMA,
      "@/lib/db/client",
      "@/lib/request-context",
      "../none",
    ],
    allowed: ["@sentry/nextjs", "../port", "./permitted-event", "@/lib/logger"],
  },
  {
    from: "lib/tracing.ts",
    refused: [...SDKS.filter((name) => name !== "@opentelemetry/api"), ...FRAMEWORK, ...PRISMA],
    allowed: [
      "@opentelemetry/api",
      "@opentelemetry/sdk-trace-base",
      "@/lib/resilience/hooks",
      "@/lib/errors/integration-error",
    ],
  },
  {
    from: "lib/logger.ts",
    refused: [...SDKS, ...PRISMA, "@/lib/env", "@/lib/errors/app-error", "@/lib/integrations/monitoring"],
    allowed: ["pino", "@/lib/request-context"],
  },
  {
    from: "lib/actions/create-action.ts",
    refused: [...SDKS, ...PRISMA, STRIPE_ADAPTER, "@/lib/db/client", "@/lib/integrations/payments"],
    allowed: [
      "next/headers",
      "@/lib/integrations/monitoring",
      "@/lib/request-context",
      "@/lib/correlation-id",
      "@/lib/auth/guards",
    ],
  },
  {
    from: "next.config.ts",
    refused: ["stripe", "@sentry/nextjs", "@opentelemetry/api"],
    allowed: ["@sentry/nextjs/config", "next"],
  },
  {
    from: "lib/integrations/email/sendgrid/adapter.ts",
    refused: [...SDKS, "@sendgrid/mail", ...FRAMEWORK, ...PRISMA, "@/lib/db/client", "../resend/adapter"],
    allowed: ["../port", "./mapping", "@/lib/http/client", "@/lib/integrations/provider-configuration"],
  },
  {
    from: "lib/integrations/oncall/webhook/adapter.ts",
    refused: [...SDKS, ...FRAMEWORK, ...PRISMA, "@/lib/db/client", "../../email/port"],
    allowed: ["node:crypto", "../port", "@/lib/http/exchange"],
  },
  {
    from: "lib/integrations/email/postmark/adapter.ts",
    refused: [...SDKS, ...FRAMEWORK, ...PRISMA, "@/lib/db/client", "../resend/adapter"],
    allowed: ["../port", "@/lib/http/client"],
  },
  {
    from: "lib/integrations/payments/port.ts",
    refused: [...SDKS, ...FRAMEWORK, "zod", "./stripe/mapping", "@/lib/env", "@/lib/db/client"],
    allowed: ["@/lib/billing/plans", "@/lib/provider-scope", "@/lib/integrations/webhook-verification"],
  },
  {
    from: "lib/integrations/payments/index.ts",
    refused: [...SDKS, ...PRISMA, "@/lib/db/client", "../email/resend/adapter"],
    allowed: ["./stripe/adapter", "./port", "@/lib/compose", "@/lib/env", "@/lib/process-singleton"],
  },
  {
    from: "lib/http/client.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      "zod",
      "@/lib/env",
      "@/lib/logger",
      "@/lib/db/client",
      "@/lib/integrations/email",
    ],
    allowed: ["@/lib/errors/integration-error", "@/lib/resilience/policy", "./exchange"],
  },
  {
    from: "lib/resilience/policy.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      "zod",
      "node:fs",
      "@/lib/env",
      "@/lib/logger",
      "@/lib/db/client",
    ],
    allowed: ["@/lib/errors/integration-error", "./deadline"],
  },
  {
    from: "lib/db/billing.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      "@/lib/integrations/payments",
      STRIPE_ADAPTER,
      "@/lib/use-cases/billing/start-checkout",
      "@/lib/sync/sync-subscription",
      "../env",
    ],
    allowed: [
      "@/prisma/generated/client",
      "@prisma/adapter-pg",
      "@/lib/env",
      "@/lib/errors/app-error",
      "@/lib/billing/plans",
      "@/lib/status/service-status",
      "@/lib/resilience/policy",
      "@/lib/integrations/payments/port",
      "@/lib/request-context",
      "@/lib/uuid",
      "./client",
    ],
  },
  {
    from: "lib/webhooks/handlers/stripe/invoice.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      STRIPE_ADAPTER,
      "@/app/layout",
      "@/components/ui/card",
      "../../registry",
    ],
    allowed: [
      "@/lib/webhooks/handler",
      "@/lib/alerts/raise-alert",
      "@/lib/provider-scope",
      "@/lib/http/read-capped",
      "@/lib/outbox/enqueue",
      "@/lib/pump/pump",
      "@/lib/sync/sync-invoice",
      "@/lib/db/client",
      "@/lib/integrations/payments",
      "@/lib/use-cases/billing/start-checkout",
    ],
  },
  {
    from: "lib/outbox/deliver.ts",
    refused: [...SDKS, "next/headers", ...PRISMA, "@/lib/webhooks/process", "@/app/layout", "../pump/pump"],
    allowed: [
      "react",
      "@/lib/pump/pump",
      "@/lib/db/outbox",
      "@/lib/integrations/email",
      "@/lib/integrations/oncall",
      "@/lib/request-context",
      "./enqueue",
    ],
  },
  {
    from: "lib/pump/pump.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      "@/lib/webhooks/process",
      "@/lib/outbox/deliver",
      "@/lib/integrations/email",
      "@/app/layout",
    ],
    allowed: [
      "@/lib/db/client",
      "@/lib/errors/app-error",
      "@/lib/logger",
      "@/lib/request-context",
      "./backoff",
    ],
  },
  {
    from: "lib/alerts/raise-alert.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      "@/lib/compose",
      "@/lib/integrations/oncall",
      "@/lib/integrations/payments",
      "@/lib/webhooks/process",
      "@/lib/monitor/monitor",
    ],
    allowed: [
      "@/lib/billing/format",
      "@/lib/db/alerts",
      "@/lib/outbox/enqueue",
      "@/lib/resilience/hooks",
      "@/lib/integrations/monitoring",
      "@/lib/integrations/monitoring/port",
      "@/lib/logger",
      "@/lib/process-singleton",
    ],
  },
  {
    from: "lib/replay/replay-work.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      "@/lib/env",
      "@/lib/integrations/payments",
      "@/lib/webhooks/registry",
      "@/lib/outbox/deliver",
      "@/lib/use-cases/operations/replay-set",
      "../pump/work",
    ],
    allowed: ["zod", "./replay-filter", "@/lib/db/replay", "@/lib/pump/work", "@/lib/logger"],
  },
  {
    from: "lib/monitor/probe-circuits.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      STRIPE_ADAPTER,
      "@/app/layout",
      "@/lib/webhooks/process",
      "@/lib/use-cases/billing/start-checkout",
      "../alerts/raise-alert",
    ],
    allowed: [
      "@/lib/compose",
      "@/lib/alerts/raise-alert",
      "@/lib/db/telemetry",
      "@/lib/integrations/payments",
      "@/lib/integrations/provider-configuration",
      "@/lib/request-context",
      "@/lib/resilience/circuit-state",
    ],
  },
  {
    from: "lib/reconcile/sweep.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      STRIPE_ADAPTER,
      "@/app/layout",
      "@/lib/webhooks/process",
      "@/lib/use-cases/billing/start-checkout",
      "@/lib/pump/pump",
      "../sync/request-sync",
    ],
    allowed: [
      "@/lib/db/reconciliation",
      "@/lib/alerts/raise-alert",
      "@/lib/sync/request-sync",
      "@/lib/webhooks/listed-events",
      "@/lib/integrations/payments",
      "@/lib/integrations/payments/port",
      "./compare",
    ],
  },
  {
    from: "lib/retention/prune.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      "@/lib/integrations/payments",
      "@/lib/webhooks/process",
      "../db/client",
    ],
    allowed: ["@/lib/db/retention", "@/lib/env", "@/lib/logger", "./shelves"],
  },
  {
    from: "lib/sync/sync-invoice.ts",
    refused: [
      ...SDKS,
      ...FRAMEWORK,
      ...PRISMA,
      STRIPE_ADAPTER,
      "@/app/layout",
      "@/lib/use-cases/billing/start-checkout",
      "@/lib/webhooks/process",
      "../db/client",
    ],
    allowed: [
      "@/lib/alerts/billing-words",
      "@/lib/db/client",
      "@/lib/outbox/enqueue",
      "@/lib/integrations/payments",
      "@/lib/integrations/payments/port",
      "@/lib/billing/plans",
      "@/lib/errors/app-error",
      "@/lib/logger",
      "@/lib/request-context",
      "./due-mails",
    ],
  },
  {
    from: "lib/billing/plans.ts",
    refused: [...SDKS, ...FRAMEWORK, ...PRISMA, "zod", "node:crypto", "@/lib/env", "@/lib/db/client"],
    allowed: ["./status"],
  },
  {
    from: "lib/status/trouble.ts",
    refused: [...SDKS, ...FRAMEWORK, ...PRISMA, "zod", "node:crypto", "@/lib/env", "@/lib/db/client"],
    allowed: ["./capabilities"],
  },
  {
    from: "lib/compose.ts",
    refused: [...SDKS, ...FRAMEWORK, ...PRISMA, STRIPE_ADAPTER, "@/lib/use-cases/auth/sign-in"],
    allowed: ["@/lib/db/client", "@/lib/outbox/auth-mail", "@/lib/resilience/policy"],
  },
  {
    from: "lib/sandbox/stripe/world.ts",
    refused: [
      "better-auth",
      ...FRAMEWORK,
      ...PRISMA,
      "@/lib/env",
      "@/lib/logger",
      "@/lib/db/client",
      "@/lib/billing/plans",
      "@/lib/integrations/payments/port",
      "@/scripts/stack/ports",
      "../../env",
    ],
    allowed: ["stripe", "hono", "zod", "@/lib/sandbox/kernel/types", "./ids", "../kernel/types"],
  },
  {
    from: "lib/sandbox/start.ts",
    refused: ["../env", "../db/client", "@/lib/env"],
    allowed: ["./stripe/stand-in"],
  },
  {
    from: "lib/env-rules.ts",
    refused: [...SDKS, ...PRISMA, "zod", "@/lib/env", "./env"],
    allowed: ["@/lib/env-requirements"],
  },
  {
    from: "lib/env-requirements.ts",
    refused: [...SDKS, ...PRISMA, "zod", "@/lib/env", "@/lib/env-rules"],
    allowed: [],
  },
  {
    from: "lib/uuid.ts",
    refused: [...SDKS, ...PRISMA, "zod", "node:crypto", "@/lib/env"],
    allowed: [],
  },
  {
    from: "lib/correlation-id.ts",
    refused: [...SDKS, ...PRISMA, "zod", "node:crypto", "@/lib/env", "./request-context"],
    allowed: ["./uuid"],
  },
  {
    from: "lib/boot.ts",
    refused: [...SDKS, ...PRISMA, "@/lib/sandbox/start", "../../x"],
    allowed: ["@/lib/env", "@/lib/logger"],
  },
  {
    from: "middleware.ts",
    refused: ["stripe", "better-auth", ...PRISMA, "@/lib/db/client", "@/lib/auth/guards", "@/lib/env"],
    allowed: ["better-auth/cookies", "next/server", "@/lib/auth/return-path", "@/lib/correlation-id"],
  },
  {
    from: "prisma/seed.ts",
    refused: ["stripe", "resend", "better-auth", "@/lib/sandbox/start"],
    allowed: ["better-auth/crypto", "@/lib/db/client", "@/prisma/generated/client"],
  },
  {
    from: "scripts/doctor.ts",
    refused: [...SDKS, "../../outside"],
    allowed: ["@/lib/sandbox/start", "@prisma/adapter-pg", "pg", "@/lib/integrations/payments"],
  },
  {
    from: "tests/unit/x.test.ts",
    refused: ["../../lib/db/client"],
    allowed: ["stripe", "@/lib/sandbox/start", "@/lib/db/client"],
  },
];

/** Each import in each form, one a line: neither `import type`, `export … from` nor `import()` is a way round. */
const FORMS = [
  (source: string, name: string) => `import ${name} from "${source}";`,
  (source: string, name: string) => `import type { ${name} } from "${source}";`,
  (source: string, name: string) => `export { ${name} } from "${source}";`,
  (source: string, name: string) => `export const ${name} = () => import("${source}");`,
];

const linesOf = (sources: readonly string[]) =>
  sources.flatMap((source, index) =>
    FORMS.map((form, number) => ({ source, code: form(source, `x${index}_${number}`) })),
  );

let findings: Finding[][];

beforeAll(() => {
  findings = lintSnippets(
    TABLE.map(({ from, refused, allowed }) => ({
      path: from,
      code: linesOf([...refused, ...allowed])
        .map(({ code }) => code)
        .join("\n"),
    })),
  );
});

describe.each(TABLE)("$from", ({ from, refused, allowed }) => {
  /** The lines on which the rule has bitten, as the code that stands there. */
  const bitten = () => {
    const lines = linesOf([...refused, ...allowed]);
    return (findings[TABLE.findIndex((row) => row.from === from)] ?? [])
      .filter(({ rule, message }) => rule === "noRestrictedImports" && message !== "")
      .map(({ line }) => lines[line - 1]?.code);
  };

  test("is refused what it may not import, in every form", () => {
    expect(new Set(bitten())).toEqual(new Set(linesOf(refused).map(({ code }) => code)));
  });

  test("is let import what it may", () => {
    const permitted = new Set(linesOf(allowed).map(({ code }) => code));
    expect(bitten().filter((code) => code !== undefined && permitted.has(code))).toEqual([]);
  });
});

describe("the environment", () => {
  const code = "export const key = process.env.STRIPE_SECRET_KEY;\n";
  const readers = [
    "lib/env.ts",
    "next.config.ts",
    "instrumentation-client.ts",
    "scripts/x.ts",
    "lib/sandbox/main.ts",
    "tests/unit/x.test.ts",
  ];
  const others = [
    "lib/use-cases/auth/x.ts",
    "app/x.ts",
    "components/x.tsx",
    "lib/sandbox/kernel/x.ts",
    "middleware.ts",
  ];
  let found: Finding[][];
  beforeAll(() => {
    found = lintSnippets([...readers, ...others].map((path) => ({ path, code })));
  });

  test.each(readers)("is read in %s", (path) => {
    expect(found[readers.indexOf(path)]).toEqual([]);
  });

  test.each(others)("is not read in %s", (path) => {
    const rules = found[readers.length + others.indexOf(path)]?.map(({ rule }) => rule);
    expect(rules).toEqual(["noProcessEnv"]);
  });
});
