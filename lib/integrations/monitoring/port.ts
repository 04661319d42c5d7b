import type { ProviderConfiguration } from "@/lib/integrations/provider-configuration";

/** Where something went wrong and whose it was: ids and names of ours, never what a person typed or is called. */
export interface ErrorIds {
  correlationId?: string | null;
  /** What was being done: an action's name ("billing.change-plan") or a timer's. */
  operation?: string;
  /** The route's pattern, for example "/billing/invoices/[id]". */
  route?: string;
  method?: string;
  /** Given by the framework to an error in a page; the reader was shown it as the reference. */
  digest?: string;
  userId?: string;
  workspaceId?: string;
}

export interface AlertReport {
  /** "critical" pages a human. */
  severity: "warning" | "critical";
  /** One cause is one issue: "<what>:<provider>:<mode>:<effect>". */
  cause: string;
  /** Our own words. */
  title: string;
}

/** Tells people outside of this process what went wrong in it. Never throws, and nobody waits for it. */
export interface Monitoring {
  /** Null where nobody is told. */
  configuration: ProviderConfiguration | null;
  /** Of an error that is not ours only its class and where it happened leave this process. */
  captureError(error: unknown, ids?: ErrorIds): void;
  captureAlert(alert: AlertReport): void;
  /** Until what was captured is delivered, for at most so many milliseconds. */
  flush(milliseconds: number): Promise<void>;
}
