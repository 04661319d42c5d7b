/** How long a slow machine may take for what usually takes a moment. */
export const PATIENCE_MS = 30_000;

const STEP_MS = 100;

/**
 * Asks until the answer is something (neither undefined nor false), and gives it back.
 * @throws Error that names what was waited for, after `timeoutMs`
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
