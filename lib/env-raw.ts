/** The environment as it was given, for the rules that are checked before anything else is loaded. */

/** Whether static pages were built with the sandbox's bar on them; written by next.config.ts. */
export const builtForSandbox = process.env.BREAKWATER_BUILT_FOR_SANDBOX === "1";

export function rawVariables(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
