import { requestContext } from "@/lib/request-context";

const STEP_MS = 150;
/** What a request keeps of its time, to say that it has waited in vain: more than a step and a read take. */
const KEPT_MS = 500;

/**
 * Reads until there is an answer or the time (milliseconds) is up, its own or the request's: for a request that met
 * another one's operation and is served by what that one brings home. Null when the time is up.
 */
export async function waitFor<T>(milliseconds: number, read: () => Promise<T | null>): Promise<T | null> {
  const { deadlineAt } = requestContext();
  const deadline = Math.min(Date.now() + milliseconds, (deadlineAt ?? Number.POSITIVE_INFINITY) - KEPT_MS);
  for (;;) {
    const answer = await read();
    if (answer !== null || Date.now() >= deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

/** How long a request waits for another one's answer. */
export const WAIT_MS = 8_000;
