/** Guards what is made of a vendor's failures: by the classes and codes that the vendors document. */
import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { ERROR_STATUS } from "@/lib/errors/app-error";
import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import { toIntegrationError as fromResend, fromThrown } from "@/lib/integrations/email/resend/errors";
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
    [new errors.StripeInvalidRequestError(raw({ statusCode: 429, code: "lock_timeout" })), "conflict"],
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
    [new errors.StripeAPIError(raw()), "unknown"],
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

  test.each([
    [undefined],
    [{}],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }],
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
    const mapped = fromResend({ name, statusCode }, "emails.send", null);
    expect(mapped).toMatchObject({ kind, provider: "resend", status: statusCode, vendorCode: name });
    expectPlainWords(mapped);
  });

  test("carry the time that the vendor asks for", () => {
    const failure = { name: "rate_limit_exceeded", statusCode: 429 };
    expect(fromResend(failure, "x", { "retry-after": "3" }).retryAfterMs).toBe(3_000);
    expect(fromResend(failure, "x", { "retry-after": "soon" }).retryAfterMs).toBeNull();
    expect(fromResend(failure, "x", {}).retryAfterMs).toBeNull();
  });

  test("that are thrown against all promises are unknown", () => {
    expect(fromThrown(new TypeError(PROSE), "x")).toMatchObject({ kind: "unknown", retryable: false });
  });
});

describe("a failure of a vendor's", () => {
  const KINDS: Record<IntegrationErrorKind, { retryable: boolean; status: number }> = {
    rate_limited: { retryable: true, status: 503 },
    timeout: { retryable: true, status: 503 },
    unavailable: { retryable: true, status: 503 },
    conflict: { retryable: true, status: 409 },
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
