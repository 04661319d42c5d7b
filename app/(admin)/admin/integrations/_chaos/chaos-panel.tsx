import { Alert } from "@/components/ui/alert";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import { isAppError } from "@/lib/errors/app-error";
import { type ActiveFault, listFaults } from "@/lib/sandbox-control";
import type { Capability, CapabilityId } from "@/lib/use-cases/operations/list-capabilities";
import { CAPABILITY_WORDS } from "../_view/capability-words";
import { ChaosForm } from "./chaos-form";
import { faultWords } from "./fault-words";
import { TrafficForm } from "./traffic-form";

/** What can be called on purpose; the fallback gets its share while the first provider's breaker is open. */
const TRAFFIC: Partial<Record<CapabilityId, { label: string; explanation: string }>> = {
  payments: {
    label: "Make 20 calls",
    explanation: "Ten reads and ten writes that change nothing, after which both breakers know.",
  },
  email: { label: "Send 10 mails", explanation: "To your own address, through the outbox." },
  "on-call": { label: "Send 10 alerts", explanation: "Through the outbox." },
};

function Guide() {
  const link =
    "font-medium text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent";
  return (
    <ol className="list-decimal space-y-1 pl-5 text-sm text-muted marker:tabular-nums">
      <li>Break payments with “Error (500)”, then make 20 calls: both breakers open within two seconds.</li>
      <li>
        On{" "}
        <a href="/billing" target="_blank" rel="noopener" className={link}>
          the billing page
        </a>{" "}
        choose a plan: it says calmly, and at once, that payments are not available. Everything else keeps
        working.
      </li>
      <li>
        Press “Healthy again”. When the countdown ends one probe goes out; when it is answered, the breaker
        closes.
      </li>
      <li>Break e-mail and send 10 mails: once its breaker is open, the fallback delivers the rest.</li>
    </ol>
  );
}

function Provider({ capability, faults }: { capability: Capability; faults: readonly ActiveFault[] }) {
  const { id, configuration } = capability;
  const { name } = CAPABILITY_WORDS[id];
  const traffic = TRAFFIC[id];
  if (configuration === null) return null;
  return (
    <section aria-labelledby={`chaos-${id}`} className="space-y-4 border-t pt-6">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h3 id={`chaos-${id}`} className="font-semibold">
          {name} <span className="font-normal text-muted">{configuration.provider}</span>
        </h3>
        <div className="flex flex-wrap gap-2">
          {faults.length === 0 ? (
            <Badge tone="positive">Healthy</Badge>
          ) : (
            faults.map((fault) => (
              <Badge key={fault.id} tone="warning">
                {faultWords(fault)}
              </Badge>
            ))
          )}
        </div>
      </div>
      <ChaosForm provider={configuration.provider} name={name} isBroken={faults.length > 0} />
      {traffic === undefined ? null : <TrafficForm capability={id} name={name} {...traffic} />}
    </section>
  );
}

async function faultsNow(): Promise<ActiveFault[] | null> {
  try {
    return await listFaults();
  } catch (error) {
    if (isAppError(error)) return null;
    throw error;
  }
}

/** Breaks the stand-ins on purpose. Loaded in sandbox mode alone. */
export async function chaosPanel(capabilities: readonly Capability[]) {
  const faults = await faultsNow();
  const standIns = capabilities.filter(({ configuration }) => configuration?.mode === "sandbox");
  return (
    <SectionCard
      id="chaos"
      title="Chaos"
      description="In the sandbox only: break a provider on purpose, and watch the app take it."
      aside={<Badge tone="neutral">Sandbox</Badge>}
    >
      <div className="space-y-6">
        <Guide />
        {faults === null ? (
          <Alert tone="warning" title="The sandbox does not answer">
            <p>Nothing can be broken or mended right now.</p>
          </Alert>
        ) : (
          standIns.map((capability) => (
            <Provider
              key={capability.id}
              capability={capability}
              faults={faults.filter(({ vendor }) => vendor === capability.configuration?.provider)}
            />
          ))
        )}
      </div>
    </SectionCard>
  );
}
