/** What became of an address at the vendors when it was taken off our list, as the address of the page tells it. */
import type { Tone } from "@/lib/billing/status";
import type { VendorRemoval } from "@/lib/use-cases/operations/remove-suppression";

type Outcome = VendorRemoval["outcome"];

const WORDS: Record<Outcome, (provider: string) => string> = {
  removed: (provider) => `${provider} has taken it off its own list as well.`,
  not_listed: (provider) => `It was not on the list of ${provider}.`,
  refused: (provider) =>
    `${provider} does not let this app change its list: please look for the address on its pages, or it may refuse the next mail.`,
  failed: (provider) =>
    `${provider} could not be asked. If it refuses the next mail, the address comes back here: take it off again then.`,
};

/** Nobody's list but ours was concerned. */
const NOBODY = "none";

export function writeRemovals(removals: readonly VendorRemoval[]): string {
  if (removals.length === 0) return NOBODY;
  return removals.map(({ provider, outcome }) => `${provider}:${outcome}`).join(",");
}

function isOutcome(word: string | undefined): word is Outcome {
  return word !== undefined && Object.hasOwn(WORDS, word);
}

export interface RemovalNotice {
  tone: Tone;
  lines: string[];
}

/** What to say of it; null where the page's address tells of none. */
export function removalNotice(text: string): RemovalNotice | null {
  if (text === "") return null;
  const told = text.split(",").flatMap((part) => {
    const [provider, outcome] = part.split(":");
    if (provider === undefined || !/^[a-z]{1,20}$/.test(provider) || !isOutcome(outcome)) return [];
    return [{ provider, outcome }];
  });
  if (told.length === 0 && text !== NOBODY) return null;
  const isOpen = told.some(({ outcome }) => outcome === "refused" || outcome === "failed");
  return {
    tone: isOpen ? "warning" : "positive",
    lines: told.map(({ provider, outcome }) => WORDS[outcome](provider)),
  };
}
