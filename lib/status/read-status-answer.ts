/** What a browser makes of the status: apart from all that the answer is worked out with, which it need not load. Pure. */
import { CAPABILITY_IDS, type CapabilityStatus, type ServiceLevel } from "./capabilities";

const LEVELS: readonly ServiceLevel[] = ["operational", "degraded", "down"];

/** A `StatusAnswer` as it comes over the wire; null for anything else. */
export function readStatusAnswer(answer: unknown): Pick<CapabilityStatus, "id" | "status">[] | null {
  if (typeof answer !== "object" || answer === null || !("capabilities" in answer)) return null;
  const { capabilities } = answer;
  if (!Array.isArray(capabilities)) return null;
  return CAPABILITY_IDS.flatMap((id) => {
    const found: unknown = capabilities.find((one) => one?.id === id);
    const status = LEVELS.find((level) => level === (found as { status?: unknown } | undefined)?.status);
    return status ? [{ id, status }] : [];
  });
}
