/** The headline: what is lost and what happens twice while workers are killed all the time. */
import type { startBackend } from "@/tests/support/backend";
import { runStorm } from "@/tests/support/reliability-storm";

type Backend = Awaited<ReturnType<typeof startBackend>>;

const SETTINGS = {
  objects: 2_000,
  events: 50_000,
  changes: 2_000,
  workers: 4,
  kills: 200,
  seed: 1,
  // Nothing is hurried along: what a killed worker held comes again after its minute.
  hastened: false,
};

const number = (value: number) => value.toLocaleString("en-US");

export async function benchInbox(backend: Backend): Promise<string[]> {
  const result = await runStorm(backend, SETTINGS);
  const { objects, right, lost, mailsLost, mailsTwice, refundsTwice, payingTwice, kills } = result;
  const lines = [
    `${number(result.events)} events over ${number(objects)} subscriptions, delivered ${number(result.deliveries)} times in random order,`,
    `signed, to the ingress in this process (HTTP would be the slower part); ${number(SETTINGS.changes)} of them made at the vendor meanwhile`,
    `${SETTINGS.workers} worker processes, ${number(kills)} SIGKILLs; ${number(result.triedAgain)} events took more than one attempt; ${result.seconds.toFixed(0)} s`,
    `final state equal to the vendor's: ${number(right)} of ${number(objects)}`,
    `events lost: ${lost}; mails lost: ${mailsLost} of ${number(result.mails)}; mails sent twice: ${mailsTwice}`,
    `second subscriptions given back: ${result.refunds}; given back twice: ${refundsTwice}; still paying twice: ${payingTwice}`,
    ...result.wrong,
  ];
  const isRight = right === objects && kills === SETTINGS.kills;
  if (!isRight || lost + mailsLost + mailsTwice + refundsTwice + payingTwice > 0)
    throw new Error(lines.join("\n"));
  return lines;
}
