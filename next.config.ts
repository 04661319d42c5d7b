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
  env: { BREAKWATER_BUILT_FOR_SANDBOX: process.env.SANDBOX === "1" ? "1" : "" },
  headers: async () => [{ source: "/:path*", headers: SECURITY_HEADERS }],
  poweredByHeader: false,
  reactStrictMode: true,
};

export default config;
