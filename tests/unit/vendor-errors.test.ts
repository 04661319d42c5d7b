/** Guards what is made of a vendor's failures: by the classes and codes that the vendors document. */
import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { ERROR_STATUS } from "@/lib/errors/app-error";
import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import type { Answer } from "@/lib/http/exchange";
import {
  toIntegrationError as fromResend,
  quotaOf as resendQuota,
} from "@/lib/integrations/email/resend/errors";
import {
  toIntegrationError as fromSendGrid,
  quotaOf as sendGridQuota,
} from "@/lib/integrations/email/sendgrid/errors";
import { toIntegrationError as fromOnCall } from "@/lib/integrations/oncall/webhook/errors";
import { toIntegrationError as fromStripe } from "@/lib/integrations/payments/stripe/errors";
import { expectPlainWords } from "@/tests/support/vendor-faults";

const { errors } = Stripe;
const PROSE = "Your card (ann@example.com, sk_test_abc) was declined by req_123";
const raw = (changes: object = {}) => ({ message: PROSE, ...changes }) as never;

describe("Stripe's errors", () => {
  test.each([
    [new errors.StripeCardError(raw({ code: "card_declined", statusCode: 402 })), "declined"],
    [new errors.StripeCardError(raw({ code: "expired_card", statusCode: 402 })), "declined"],
    [new errors.StripeRateLimitError(raw({ statusCode: 429 })), "rate_limited"],
    [new errors.StripeRateLimitError(raw({ statusCode: 429, code: "lock_timeout" })), "conflict"],
    [new errors.StripeAuthenticationError(raw({ statusCode: 401 })), "credentials_rejected"],
    [new errors.StripePermissionError(raw({ statusCode: 403 })), "credentials_rejected"],
    [new errors.StripeConnectionError(raw()), "unavailable"],
    [new errors.StripeIdempotencyError(raw({ statusCode: 400 })), "invalid_request"],
    [new errors.StripeIdempotencyError(raw({ statusCode: 409, code: "idempotency_key_in_use" })), "conflict"],
    [
      new errors.StripeInvalidRequestError(raw({ statusCode: 400, code: "parameter_missing" })),
      "invalid_request",
    ],
    [new errors.StripeInvalidRequestError(raw({ statusCode: 404, code: "resource_missing" })), "not_found"],
    [new errors.StripeInvalidRequestError(raw({ statusCode: 400, code: "resource_missing" })), "not_found"],
    [new errors.StripeAPIError(raw({ statusCode: 500 })), "unavailable"],
    [new errors.StripeAPIError(raw({ statusCode: 503 })), "unavailable"],
    [new errors.StripeAPIError(raw({ statusCode: 409 })), "conflict"],
    [new errors.StripeAPIError(raw()), "unavailable"],
    [new Error(PROSE), "unknown"],
    ["a string", "unknown"],
  ] satisfies [unknown, IntegrationErrorKind][])("%o is %s", (error, kind) => {
    const mapped = fromStripe(error, "checkout.create");
    expect(mapped).toMatchObject({ kind, provider: "stripe", operation: "checkout.create" });
    expectPlainWords(mapped);
    expect(mapped.message).not.toContain(PROSE);
  });

  test("keep what support and the log need: status, code and the request's id", () => {
    const error = new errors.StripeInvalidRequestError(
      raw({ statusCode: 400, code: "url_invalid", requestId: "req_9", headers: { "retry-after": "12" } }),
    );
    expect(fromStripe(error, "x")).toMatchObject({
      status: 400,
      vendorCode: "url_invalid",
      requestId: "req_9",
      retryAfterMs: 12_000,
    });
  });

  test("say of a lock that was not had that nothing was done", () => {
    const locked = new errors.StripeRateLimitError(raw({ statusCode: 429, code: "lock_timeout" }));
    expect(fromStripe(locked, "x")).toMatchObject({ mayHaveTakenEffect: false, retryable: true });
    const inUse = new errors.StripeIdempotencyError(raw({ statusCode: 409, code: "idempotency_key_in_use" }));
    expect(fromStripe(inUse, "x")).toMatchObject({ mayHaveTakenEffect: true, retryable: true });
  });

  test("ask for the time that the header names, also as a date", () => {
    const headers = { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" };
    const error = new errors.StripeRateLimitError(raw({ statusCode: 429, headers }));
    const now = Date.UTC(2026, 9, 21, 7, 27, 30);
    expect(fromStripe(error, "x", now).retryAfterMs).toBe(30_000);
  });

  test.each([
    [undefined],
    [{}],
    [{ "retry-after": "" }],
    [{ "retry-after": "-5" }],
    [{ "retry-after": "soon" }],
  ])("ask for no time with the headers %o", (headers) => {
    const error = new errors.StripeRateLimitError(raw({ statusCode: 429, headers }));
    expect(fromStripe(error, "x").retryAfterMs).toBeNull();
  });

  test("that are ours already stay as they are", () => {
    const timeout = new IntegrationError("timeout", { provider: "stripe", operation: "x" });
    expect(fromStripe(timeout, "y")).toBe(timeout);
  });
});

describe("Resend's errors", () => {
  test.each([
    ["missing_api_key", 401, "credentials_rejected"],
    ["invalid_api_key", 403, "credentials_rejected"],
    ["restricted_api_key", 401, "credentials_rejected"],
    ["rate_limit_exceeded", 429, "rate_limited"],
    ["daily_quota_exceeded", 429, "rate_limited"],
    ["monthly_quota_exceeded", 429, "rate_limited"],
    ["concurrent_idempotent_requests", 409, "conflict"],
    ["invalid_idempotent_request", 409, "invalid_request"],
    ["invalid_idempotency_key", 400, "invalid_request"],
    ["not_found", 404, "not_found"],
    ["validation_error", 422, "invalid_request"],
    ["invalid_from_address", 422, "invalid_request"],
    ["missing_required_field", 422, "invalid_request"],
    ["application_error", 500, "unavailable"],
    ["internal_server_error", 500, "unavailable"],
    // The SDK's name for whatever went wrong before an answer came.
    ["application_error", null, "unavailable"],
    ["something_new", 503, "unavailable"],
    ["something_new", 401, "credentials_rejected"],
    ["something_new", 429, "rate_limited"],
    ["something_new", 418, "invalid_request"],
  ] satisfies [string, number | null, IntegrationErrorKind][])("%s (%s) is %s", (name, statusCode, kind) => {
    const mapped = fromResend({ name, statusCode }, "emails.send", new Headers());
    expect(mapped).toMatchObject({ kind, provider: "resend", status: statusCode, vendorCode: name });
    expectPlainWords(mapped);
  });

  test("carry the time that the vendor asks for", () => {
    const failure = { name: "rate_limit_exceeded", statusCode: 429 };
    const waiting = (headers: Record<string, string>) =>
      fromResend(failure, "x", new Headers(headers)).retryAfterMs;
    expect(waiting({ "retry-after": "3" })).toBe(3_000);
    expect(waiting({ "retry-after": "soon" })).toBeNull();
    expect(waiting({})).toBeNull();
  });

  test("say that nothing was sent, but where the key is known already", () => {
    const mayBeSent = (name: string, statusCode: number) =>
      fromResend({ name, statusCode }, "x", new Headers()).mayHaveTakenEffect;
    expect(mayBeSent("validation_error", 422)).toBe(false);
    expect(mayBeSent("rate_limit_exceeded", 429)).toBe(false);
    expect(mayBeSent("invalid_idempotent_request", 409)).toBe(true);
    expect(mayBeSent("concurrent_idempotent_requests", 409)).toBe(true);
    expect(mayBeSent("application_error", 500)).toBe(true);
  });

  test("and answers tell what may still be asked", () => {
    const headers = { "ratelimit-limit": "2", "ratelimit-remaining": "1", "ratelimit-reset": "1" };
    expect(resendQuota(new Headers(headers))).toEqual({ limit: 2, remaining: 1, resetsInMs: 1_000 });
    expect(resendQuota(new Headers({ "ratelimit-remaining": "0" }))).toEqual({
      limit: null,
      remaining: 0,
      resetsInMs: null,
    });
    expect(resendQuota(new Headers())).toBeNull();
  });
});

const answer = (status: number, headers: Record<string, string> = {}, body: unknown = {}): Answer => ({
  status,
  headers: new Headers(headers),
  text: typeof body === "string" ? body : JSON.stringify(body),
});

describe("SendGrid's errors", () => {
  test.each([
    [400, "invalid_request", false],
    // A wrong key; also credits that are used up.
    [401, "credentials_rejected", false],
    // A sender that is not verified, a key without the scope, an account that is blocked.
    [403, "credentials_rejected", false],
    [404, "not_found", false],
    [405, "invalid_request", false],
    [406, "invalid_request", false],
    [413, "invalid_request", false],
    [415, "invalid_request", false],
    [429, "rate_limited", false],
    [500, "unavailable", true],
    [502, "unavailable", true],
    [503, "unavailable", true],
    [504, "unavailable", true],
    // Not documented.
    [302, "unknown", false],
    [402, "invalid_request", false],
    [409, "conflict", true],
    [418, "invalid_request", false],
  ] satisfies [number, IntegrationErrorKind, boolean][])("%i is %s", (status, kind, mayHaveTakenEffect) => {
    const error = { message: PROSE, field: "personalizations.0.to", help: "https://sendgrid.com/docs" };
    const mapped = fromSendGrid(answer(status, {}, { errors: [error] }), "mail.send");
    expect(mapped).toMatchObject({ kind, status, provider: "sendgrid", mayHaveTakenEffect });
    expect(mapped.vendorCode).toBe("personalizations.0.to");
    expectPlainWords(mapped);
    expect(mapped.message).not.toContain("declined");
  });

  test.each([
    "",
    "<html>502 Bad Gateway</html>",
    { errors: [{ message: PROSE, field: null }] },
    { errors: [{ message: PROSE, field: "ann@example.com is no field" }] },
    { errors: [] },
  ])("name no field where the answer is %j", (body) => {
    expect(fromSendGrid(answer(400, {}, body), "x").vendorCode).toBeNull();
  });

  const NOW = Date.UTC(2026, 10, 22, 12);
  const resetAt = (at: number) => ({ "x-ratelimit-reset": String(at) });
  test.each([
    [{ "retry-after": "7" }, 7_000],
    [{ ...resetAt(NOW / 1000 + 30), "retry-after": "7" }, 7_000],
    [resetAt(NOW / 1000 + 30), 30_000],
    [resetAt(NOW / 1000 - 30), 0],
    // Milliseconds, it seems: nobody waits for fifty thousand years.
    [resetAt(NOW + 30_000), null],
    [{ "x-ratelimit-reset": "soon" }, null],
    [{}, null],
  ])("of too many requests with %o ask for %s ms", (headers, expected) => {
    expect(fromSendGrid(answer(429, headers), "x", NOW).retryAfterMs).toBe(expected);
  });

  test("of another kind do not wait for limits to be reset", () => {
    expect(fromSendGrid(answer(503, resetAt(NOW / 1000 + 30)), "x", NOW).retryAfterMs).toBeNull();
  });

  test("and answers tell what may still be asked", () => {
    const headers = {
      "x-ratelimit-limit": "600",
      "x-ratelimit-remaining": "599",
      ...resetAt(NOW / 1000 + 9),
    };
    expect(sendGridQuota(new Headers(headers), NOW)).toEqual({
      limit: 600,
      remaining: 599,
      resetsInMs: 9_000,
    });
    expect(sendGridQuota(new Headers(), NOW)).toBeNull();
  });
});

describe("the on-call webhook's errors", () => {
  test.each([
    [302, "unknown", false],
    [400, "invalid_request", false],
    [401, "credentials_rejected", false],
    [402, "invalid_request", false],
    [403, "credentials_rejected", false],
    [404, "not_found", false],
    [409, "conflict", true],
    [410, "not_found", false],
    [429, "rate_limited", false],
    [500, "unavailable", true],
    [503, "unavailable", true],
  ] satisfies [number, IntegrationErrorKind, boolean][])("%i is %s", (status, kind, mayHaveTakenEffect) => {
    const mapped = fromOnCall(answer(status, { "retry-after": "3" }, "action_prohibited"), "alert.notify");
    expect(mapped).toMatchObject({ kind, status, mayHaveTakenEffect, vendorCode: "action_prohibited" });
    expect(mapped.retryAfterMs).toBe(3_000);
    expectPlainWords(mapped);
  });

  test("keep no more of an answer than a word", () => {
    expect(fromOnCall(answer(500, {}, PROSE), "x").vendorCode).toBeNull();
  });
});

describe("a failure of a vendor's", () => {
  const KINDS: Record<IntegrationErrorKind, { retryable: boolean; status: number }> = {
    rate_limited: { retryable: true, status: 503 },
    timeout: { retryable: true, status: 503 },
    unavailable: { retryable: true, status: 503 },
    conflict: { retryable: true, status: 409 },
    circuit_open: { retryable: true, status: 503 },
    not_found: { retryable: false, status: 404 },
    credentials_rejected: { retryable: false, status: 502 },
    invalid_request: { retryable: false, status: 502 },
    declined: { retryable: false, status: 502 },
    aborted: { retryable: false, status: 502 },
    unknown: { retryable: false, status: 502 },
  };

  test.each(Object.keys(KINDS) as IntegrationErrorKind[])(
    "%s knows whether trying again can help",
    (kind) => {
      const error = new IntegrationError(kind, { provider: "acme", operation: "things.do", status: 418 });
      expect(error.retryable).toBe(KINDS[kind].retryable);
      expect(ERROR_STATUS[error.code]).toBe(KINDS[kind].status);
      expect(error.message).toBe(`acme things.do: ${kind} (418)`);
      expect(error).toBeInstanceOf(Error);
      expectPlainWords(error);
    },
  );
});
