import { waitUntil } from "./processes";
import { StackFailure } from "./stack-parts";

const ANSWER_TIMEOUT_MS = 120_000;

/** Resolves once `GET url` answers 200, or `isGivenUp` says so; a StackFailure says what it answered last. */
export async function answers(url: string, isGivenUp: () => boolean): Promise<void> {
  let last = "no answer";
  const ok = await waitUntil(
    async () => {
      if (isGivenUp()) return true;
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(60_000), redirect: "manual" });
        last = `status ${response.status}: ${(await response.text()).slice(0, 300)}`;
        return response.status === 200;
      } catch (error) {
        last = error instanceof Error ? String(error.cause ?? error.message) : String(error);
        return false;
      }
    },
    ANSWER_TIMEOUT_MS,
    100,
  );
  if (!ok)
    throw new StackFailure(`GET ${url} did not answer 200 within ${ANSWER_TIMEOUT_MS / 1000} s (${last}).`);
}

/** Rejects with a StackFailure when `work` takes longer. */
export async function withDeadline<T>(work: Promise<T>, timeoutMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StackFailure(message)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
