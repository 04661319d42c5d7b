import { describe, expect, test, vi } from "vitest";
import { IntegrationError } from "@/lib/errors/integration-error";

/** The modules as another bundle has them: the same code, other classes. */
async function anotherCopy() {
  vi.resetModules();
  const { AppError, isAppError } = await import("@/lib/errors/app-error");
  const { IntegrationError, isIntegrationError } = await import("@/lib/errors/integration-error");
  return { AppError, isAppError, IntegrationError, isIntegrationError };
}

describe("an error of ours", () => {
  test("is known in every bundle, whichever threw it", async () => {
    const one = await anotherCopy();
    const other = await anotherCopy();
    const expected = new one.AppError("not_found", { userMessage: "Gone." });
    const failed = new one.IntegrationError("timeout", { provider: "stripe", operation: "events.list" });
    expect(one.AppError).not.toBe(other.AppError);
    expect(other.isAppError(expected)).toBe(true);
    expect(other.isAppError(failed)).toBe(true);
    expect(other.isIntegrationError(failed)).toBe(true);
    expect(other.isIntegrationError(expected)).toBe(false);
  });

  test("is not any other error that looks like one", async () => {
    const { isAppError, isIntegrationError } = await anotherCopy();
    const lookalike = Object.assign(new Error("no"), { name: "IntegrationError", code: "unavailable" });
    expect(isAppError(lookalike)).toBe(false);
    expect(isIntegrationError(lookalike)).toBe(false);
    expect(isAppError(null)).toBe(false);
  });
});

describe("a vendor's failure", () => {
  const failure = (given: { vendorCode: string; requestId: string }) =>
    new IntegrationError("unavailable", {
      provider: "stripe",
      operation: "prices.list",
      status: 503,
      ...given,
    });

  test("keeps the vendor's code and the request's id, and names them for the log", () => {
    const error = failure({ vendorCode: "personalizations[0].to", requestId: "req_1-a:b" });
    expect(error).toMatchObject({ vendorCode: "personalizations[0].to", requestId: "req_1-a:b" });
    expect(error.message).toBe("stripe prices.list: unavailable (503 personalizations[0].to req_1-a:b)");
  });

  test.each(["No such key: sk_test_1", "ann@example.com", "x".repeat(101), "line\nbreak", ""])(
    "keeps nothing of %j in the place of either, for it may be anything",
    (prose) => {
      const error = failure({ vendorCode: prose, requestId: prose });
      expect(error).toMatchObject({ vendorCode: null, requestId: null });
      expect(error.message).toBe("stripe prices.list: unavailable (503)");
    },
  );
});
