/** What the resilience policy sees that a person should know of. A healthy call costs a comparison. */
import type { PolicyHooks } from "@/lib/resilience/hooks";
import { circuitOpened, credentialsRejected, retryBudgetExhausted } from "./alert-words";
import { raiseAlert, raiseAlertAlone } from "./raise-alert";

export const alertHooks: Required<
  Pick<PolicyHooks, "onAttempt" | "onHeldBack" | "onTransition" | "onStore">
> = {
  onAttempt: (record) => {
    if (record.outcome === "credentials_rejected") raiseAlert(credentialsRejected(record));
  },
  onHeldBack: (record) => {
    if (record.by === "budget") raiseAlert(retryBudgetExhausted(record));
  },
  onTransition: (transition) => {
    // From half open too: an outage that lasts is told again each hour. An operator's own hand is no news to them.
    if (transition.to === "open" && transition.cause !== "operator") {
      raiseAlert(circuitOpened(transition, Date.now()));
    }
  },
  onStore: (reachable) => {
    if (reachable) return;
    // The database that would count the alert is what cannot be reached.
    raiseAlertAlone({
      severity: "warning",
      cause: "store-unreachable",
      title: "Circuit breakers cannot reach their store: each process decides alone",
    });
  },
};
