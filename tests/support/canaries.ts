/** Values that must not come out anywhere, and the search for them in whatever form they might come. */
import { randomBytes } from "node:crypto";

export interface Canary {
  /** What it stands for: "the payments key". */
  name: string;
  value: string;
}

/** A text to be searched, and what it is. */
export interface Evidence {
  where: string;
  text: string;
}

/**
 * 24 small letters and digits that nobody else has. However a text around it is quoted, escaped or percent-encoded,
 * it stays as it is; and it is base64 of something, as some secrets must be.
 */
export function canaryWord(): string {
  return `canary${randomBytes(9).toString("hex")}`;
}

const CONTEXT_CHARACTERS = 80;

/** How the bytes look in base64, whatever stands before and after them: there are three ways to begin. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    // Without the characters that hold bits of what stands before or after.
    const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((shifted.length * 8) / 6)];
    return [shifted.toString("base64").slice(from, to), shifted.toString("base64url").slice(from, to)];
  });
}

/** Every form of a value that is searched for; capitals count in the first group alone. */
function formsOf(value: string): { exact: string[]; folded: string[] } {
  const hex = Buffer.from(value).toString("hex");
  const folded = [value, encodeURIComponent(value), hex].map((form) => form.toLowerCase());
  return { exact: [...new Set(base64Forms(value))], folded: [...new Set(folded)] };
}

/** What of the canaries stands in the evidence, one line each, with the place around the first find. */
export function findCanaries(evidence: readonly Evidence[], canaries: readonly Canary[]): string[] {
  const sought = canaries.map((canary) => ({ ...canary, ...formsOf(canary.value) }));
  return evidence.flatMap(({ where, text }) => {
    const folded = text.toLowerCase();
    return sought.flatMap(({ name, exact, folded: forms }) => {
      const finds = [
        ...exact.map((form) => text.indexOf(form)),
        ...forms.map((form) => folded.indexOf(form)),
      ].filter((at) => at >= 0);
      if (finds.length === 0) return [];
      const at = Math.min(...finds);
      const around = text.slice(Math.max(0, at - CONTEXT_CHARACTERS), at + CONTEXT_CHARACTERS);
      return [`${name}, in ${where}: …${around}…`];
    });
  });
}
