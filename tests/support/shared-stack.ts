import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";

/** Where a failed browser test leaves its screenshot and text, and the stack its log. */
export const EVIDENCE_FOLDER = join(tmpdir(), "breakwater-e2e");

/** The stack that `global-stack.ts` runs: addresses without a slash at the end. */
export interface SharedStack {
  app: string;
  mailbox: string;
  payments: string;
  control: string;
  databaseUrl: string;
  /** An installed Chrome, Chromium or Edge. */
  browserPath: string;
}

declare module "vitest" {
  interface ProvidedContext {
    stack: SharedStack;
  }
}

export function sharedStack(): SharedStack {
  return inject("stack");
}
