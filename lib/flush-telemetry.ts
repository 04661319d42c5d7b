import { circuitBreakers, telemetry } from "@/lib/compose";
import { errorFields, logger } from "@/lib/logger";

/** Writes down what this process has seen of its vendors and not yet reported. Never rejects. */
export async function flushTelemetry(): Promise<void> {
  const counts = telemetry()
    .flush()
    .catch((error: unknown) =>
      logger.error(errorFields(error), "telemetry not written, kept for the next time"),
    );
  await Promise.all([counts, circuitBreakers().flush()]);
}
