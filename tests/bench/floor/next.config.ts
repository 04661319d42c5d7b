import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

/** The least that this Next can be: what our own routes and pages are measured against. */
const config: NextConfig = {
  poweredByHeader: false,
  turbopack: { root: fileURLToPath(new URL("../../..", import.meta.url)) },
};

export default config;
