/**
 * Next runs this in the browser before the page comes to life. Without NEXT_PUBLIC_SENTRY_DSN at build time (an empty
 * string, by next.config.ts) the branch is dead and the bundler drops it, with all that it would load.
 */
if (process.env.NEXT_PUBLIC_SENTRY_DSN) {
  const dsn = process.env.NEXT_PUBLIC_SENTRY_DSN;
  const early: unknown[] = [];
  const keep = (event: ErrorEvent | PromiseRejectionEvent) => {
    early.push("reason" in event ? event.reason : event.error);
  };
  const start = async () => {
    const { startSentryInBrowser } = await import("@/lib/integrations/monitoring/sentry/browser");
    removeEventListener("error", keep);
    removeEventListener("unhandledrejection", keep);
    startSentryInBrowser(dsn, early);
  };
  // The page first: what fails before the watcher is there is kept for it. One that cannot be loaded is done without.
  const startLater = () => setTimeout(() => start().catch(() => undefined));

  addEventListener("error", keep);
  addEventListener("unhandledrejection", keep);
  if (document.readyState === "complete") startLater();
  else addEventListener("load", startLater, { once: true });
}
