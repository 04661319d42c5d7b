/** Guards what people are told when a payments call fails: calm, true, and never a promise that nobody can keep. */
import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import { explainPaymentsFailure, type PaymentsRequest } from "@/lib/errors/payments-failure";

const failure = (kind: IntegrationErrorKind) =>
  new IntegrationError(kind, {
    provider: "stripe",
    operation: "checkout.create",
    status: 503,
    requestId: "req_1",
    retryAfterMs: 7_000,
  });

const wordsFor = (kind: IntegrationErrorKind, request: PaymentsRequest) =>
  (explainPaymentsFailure(failure(kind), request) as IntegrationError).userMessage;

const AWAY = [
  "rate_limited",
  "credentials_rejected",
  "timeout",
  "unavailable",
  "circuit_open",
  "aborted",
  "unknown",
] as const;

describe("a payments failure", () => {
  test.each(AWAY)("of kind %s says that payments are away, and what stays as it was", (kind) => {
    expect(wordsFor(kind, "checkout")).toBe(
      "Payments are not available right now. You have not been charged.",
    );
    expect(wordsFor(kind, "checkout_again")).toBe(
      "Payments are not available right now. Nothing new was charged; if you have just paid, it will show here.",
    );
    expect(wordsFor(kind, "change")).toBe(
      "Payments are not available right now. Nothing was changed, and you have not been charged.",
    );
    expect(wordsFor(kind, "portal")).toBe(
      "Payments are not available right now. Your card and invoices are as they were.",
    );
  });

  test.each(["declined", "invalid_request", "not_found", "conflict"] as const)(
    "of kind %s keeps its own words, for trying again later would not help",
    (kind) => {
      expect(wordsFor(kind, "checkout")).toBe(`${failure(kind).userMessage} You have not been charged.`);
    },
  );

  test("is the same failure in everything else: for the log, the inbox and the operation", () => {
    const before = failure("timeout");
    const { kind, code, message, requestId, retryAfterMs, mayHaveTakenEffect } = before;
    expect(explainPaymentsFailure(before, "checkout")).toMatchObject({
      ...{ kind, code, message, requestId, retryAfterMs, mayHaveTakenEffect },
      name: "IntegrationError",
    });
  });

  test("that is none of the vendor's is left as it is", () => {
    for (const other of [new AppError("conflict", { userMessage: "Wait." }), new TypeError("a mistake")]) {
      expect(explainPaymentsFailure(other, "change")).toBe(other);
    }
  });
});

describe("whether a failed call may have taken effect", () => {
  test("is a question of writes alone, and once in doubt stays in doubt", () => {
    expect(failure("timeout").mayHaveTakenEffect).toBe(true);
    expect(failure("timeout").withoutEffect().mayHaveTakenEffect).toBe(false);
    expect(failure("circuit_open").mayHaveTakenEffect).toBe(false);
    expect(failure("rate_limited").afterUncertainAttempt()).toMatchObject({
      kind: "rate_limited",
      mayHaveTakenEffect: true,
    });
  });
});
