import type { NextConfig } from "next";

const config: NextConfig = {
  // AGENTS.md is ours: `next dev` must not rewrite it.
  agentRules: false,
  poweredByHeader: false,
  reactStrictMode: true,
};

export default config;
