import { afterOrAborted, type Clock } from "./clock";

/**
 * What `work` comes to, or `failure()` once the time is over or the outer signal aborts: on time whether or not `work`
 * heeds the signal that it is given, which aborts then. What it does later is nobody's any more.
 */
export function withTimeLimit<T>(
  clock: Clock,
  limit: { milliseconds: number; signal?: AbortSignal | null; failure: () => Error },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const callOff = afterOrAborted(clock, limit, () => {
      const failure = limit.failure();
      reject(failure);
      controller.abort(failure);
    });
    const start = async () => work(controller.signal);
    start().then(
      (value) => {
        callOff();
        resolve(value);
      },
      (error) => {
        callOff();
        reject(error);
      },
    );
  });
}
