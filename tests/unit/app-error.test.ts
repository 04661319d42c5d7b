import { describe, expect, test, vi } from "vitest";

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
