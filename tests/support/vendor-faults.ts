import { expect } from "vitest";

/** What a person sees is ours: no vendor's name, prose, id or key. */
export function expectPlainWords(error: unknown): void {
  const { userMessage, message } = error as { userMessage: string; message: string };
  expect(userMessage).toMatch(/^[A-Z][^{}<>_]+\.$/);
  expect(userMessage).not.toMatch(
    /stripe|resend|sendgrid|slack|better.?auth|sandbox|\bapi\b|\bkey\b|https?:|\b[45]\d\d\b|[a-z]+_[A-Za-z0-9]{6,}/i,
  );
  expect(message).not.toMatch(/sk_test|re_[a-z]|SG\.|@|whsec/);
}
