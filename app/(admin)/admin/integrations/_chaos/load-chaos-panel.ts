import type { ReactNode } from "react";
import { isSandbox } from "@/lib/env";
import type { Capability } from "@/lib/use-cases/operations/list-capabilities";

/** The chaos panel in sandbox mode; nothing anywhere else. */
export async function loadChaosPanel(capabilities: readonly Capability[]): Promise<ReactNode> {
  // biome-ignore lint/style/noProcessEnv: written out, so that a production build drops the branch, and with it the panel and its actions.
  if (process.env.BREAKWATER_BUILT_FOR_SANDBOX === "1") {
    if (!isSandbox) return null;
    const { chaosPanel } = await import("./chaos-panel");
    return chaosPanel(capabilities);
  }
  return null;
}
