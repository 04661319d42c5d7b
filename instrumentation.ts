import type { Instrumentation } from "next";

/** Next runs this once, before the server takes requests. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { boot } = await import("@/lib/boot");
    await boot();
    // Only now: the environment that it reads has been found good.
    const { observe } = await import("@/lib/observe");
    await observe();
  }
}

/** Next calls this for what a page, a route or the middleware did not catch. */
export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { reportRequestError } = await import("@/lib/observe");
    reportRequestError(error, request, context.routePath);
  }
};
