/** What Breakwater needs of whatever wakes a person. */
import type { ProviderConfiguration } from "@/lib/integrations/provider-configuration";

export interface OnCallAlert {
  /** The same for the same alert, however often it is told; receivers may drop what they have seen. */
  id: string;
  severity: "warning" | "critical";
  /** One line. */
  title: string;
  /** What happened, what it means, what to do: plain text. */
  text: string;
  /** Where to look. */
  url: string;
}

export interface OnCall {
  readonly configuration: ProviderConfiguration;
  /**
   * Tells an alert, through the resilience policy. Told again after a failure that may have taken effect it may arrive
   * twice: better than not at all.
   * @throws IntegrationError
   */
  notify(alert: OnCallAlert): Promise<void>;
}
