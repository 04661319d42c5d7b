const STEP_MS = 150;

/**
 * Reads until there is an answer or the time (milliseconds) is up: for a request that met another one's operation
 * and is served by what that one brings home. Null when the time is up.
 */
export async function waitFor<T>(milliseconds: number, read: () => Promise<T | null>): Promise<T | null> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const answer = await read();
    if (answer !== null || Date.now() >= deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

/** How long a request waits for another one's answer. */
export const WAIT_MS = 8_000;
