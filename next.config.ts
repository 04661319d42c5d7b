import type { NextConfig } from "next";

/** On every answer. A content security policy needs a nonce or hashes and comes with its own middleware. */
const SECURITY_HEADERS = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
  { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=()" },
];

const config: NextConfig = {
  // AGENTS.md is ours: `next dev` must not rewrite it.
  agentRules: false,
  env: {
    BREAKWATER_BUILT_FOR_SANDBOX: process.env.SANDBOX === "1" ? "1" : "",
    // Unset, it would be looked up at run time, and what it guards would be shipped: see instrumentation-client.ts.
    NEXT_PUBLIC_SENTRY_DSN: process.env.NEXT_PUBLIC_SENTRY_DSN ?? "",
  },
  headers: async () => [{ source: "/:path*", headers: SECURITY_HEADERS }],
  // A build for `npm run bench` has the routes that ours are measured against; one for the sandbox alone can.
  pageExtensions:
    process.env.BENCH === "1" && process.env.SANDBOX === "1" ? ["tsx", "ts", "bench.ts"] : ["tsx", "ts"],
  poweredByHeader: false,
  reactStrictMode: true,
};

/** With a token, source maps are uploaded and then deleted. SENTRY_ORG, SENTRY_PROJECT and SENTRY_URL are read by the plugin. */
async function withSourceMaps(authToken: string): Promise<NextConfig> {
  const { withSentryConfig } = await import("@sentry/nextjs/config");
  return withSentryConfig(config, {
    authToken,
    telemetry: false,
    sourcemaps: { deleteSourcemapsAfterUpload: true },
    // The SDK is started by our own code, in what it does and in what it sends: see lib/integrations/monitoring.
    buildTimeInstrumentation: false,
    routeManifestInjection: false,
    suppressOnRouterTransitionStartWarning: true,
  });
}

export default async function configure(): Promise<NextConfig> {
  const authToken = process.env.SENTRY_AUTH_TOKEN;
  return authToken ? await withSourceMaps(authToken) : config;
}
