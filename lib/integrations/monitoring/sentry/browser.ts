/** The SDK in the browser, from its parts: its own `init` would bring tracing, replay and what reads the page. */
import {
  BrowserClient,
  captureException,
  dedupeIntegration,
  defaultStackParser,
  eventFiltersIntegration,
  getCurrentScope,
  globalHandlersIntegration,
  linkedErrorsIntegration,
  makeFetchTransport,
} from "@sentry/nextjs";
import { permittedEvent } from "./permitted-event";

/** @param early what was thrown before this was loaded */
export function startSentryInBrowser(dsn: string, early: readonly unknown[]): void {
  const client = new BrowserClient({
    dsn,
    transport: makeFetchTransport,
    stackParser: defaultStackParser,
    integrations: [
      eventFiltersIntegration(),
      linkedErrorsIntegration(),
      dedupeIntegration(),
      globalHandlersIntegration(),
    ],
    beforeSend: (event) => permittedEvent({ ...event, tags: { route: location.pathname } }),
    beforeBreadcrumb: () => null,
    dataCollection: {
      userInfo: false,
      cookies: false,
      httpHeaders: false,
      httpBodies: [],
      urlQueryParams: false,
      stackFrameVariables: false,
    },
    sendClientReports: false,
  });
  getCurrentScope().setClient(client);
  client.init();
  for (const error of early) captureException(error);
}
