/** Guards the log: no secret, no address, no words of a vendor's or a database's; and what is useful gets through. */
import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { IntegrationError } from "@/lib/errors/integration-error";
import { errorFields, logger } from "@/lib/logger";
import { logLines, runModule } from "@/tests/support/run-module";

/** What the real logger of a production process writes. */
async function logged(statements: string): Promise<{ text: string; lines: Record<string, unknown>[] }> {
  const run = await runModule(
    `const { logger, errorFields } = await load("lib/logger.ts");
     const { withRequestContext } = await load("lib/request-context.ts");
     ${statements}`,
  );
  expect(run.stderr).toBe("");
  return { text: run.stdout, lines: logLines(run) };
}

describe("the log", () => {
  test("leaves out every field that is not on its list, and names it", async () => {
    const secrets = {
      password: "S3CRET-1",
      token: "S3CRET-2",
      apiKey: "S3CRET-3",
      email: "s3cret-4@example.com",
      headers: { authorization: "Bearer S3CRET-5", cookie: "session=S3CRET-6" },
      user: { id: "S3CRET-7" },
    };
    const { text, lines } = await logged(
      `logger.info(${JSON.stringify({ provider: "stripe", ...secrets })}, "hello");`,
    );
    expect(lines).toEqual([
      {
        level: 30,
        time: expect.any(Number),
        provider: "stripe",
        dropped: ["password", "token", "apiKey", "email", "headers", "user"],
        msg: "hello",
      },
    ]);
    expect(text).not.toMatch(/S3CRET/i);
  });

  test("leaves it out of nested objects too, and lets no object stand where a word is expected", async () => {
    const { text, lines } = await logged(
      `logger.warn({
         next: { kind: "retry", delayMs: 5, email: "s3cret-1@example.com" },
         provider: { toString: () => "S3CRET-2" },
         status: "S3CRET-3",
         id: ["S3CRET-4"],
       }, "hello");`,
    );
    expect(lines[0]).toMatchObject({
      next: { kind: "retry", delayMs: 5, dropped: ["email"] },
      dropped: ["provider", "status", "id"],
    });
    expect(text).not.toMatch(/S3CRET/i);
  });

  test("leaves out what is no single word where an id or a code is expected: a vendor may put anything there", async () => {
    const { text, lines } = await logged(
      `logger.warn({
         type: "s3cret-1@example.com", requestId: "the key S3CRET-2", apiVersion: "S3CRET-3 %", code: "",
         route: "/billing/invoices/[id]", cause: "credentials-rejected:stripe:live", correlationId: "3f9a1c2e-0000",
         message: "stripe prices.list: unavailable (503)",
       }, "hello");`,
    );
    expect(lines[0]).toMatchObject({
      route: "/billing/invoices/[id]",
      cause: "credentials-rejected:stripe:live",
      correlationId: "3f9a1c2e-0000",
      message: "stripe prices.list: unavailable (503)",
      dropped: ["type", "requestId", "apiVersion", "code"],
    });
    expect(text).not.toMatch(/S3CRET/i);
  });

  test("does not write a name that may itself be a person's", async () => {
    const { text, lines } = await logged(`logger.info({ "s3cret@example.com": 1 }, "hello");`);
    expect(lines[0]?.dropped).toEqual(["?"]);
    expect(text).not.toMatch(/S3CRET/i);
  });

  test("writes nothing of an error that is handed over as it is", async () => {
    const { text, lines } = await logged(
      `const error = Object.assign(new Error("S3CRET-1"), { email: "s3cret-2@example.com", config: "S3CRET-3" });
       logger.error(error, "failed");
       logger.error({ error, cause: error }, "failed");`,
    );
    expect(lines.map(({ dropped }) => dropped)).toEqual([
      ["email", "config"],
      ["error", "cause"],
    ]);
    expect(text).not.toMatch(/S3CRET/i);
  });

  test("carries the request's id on every line within it, and no id outside", async () => {
    const id = "3f9a1c2e-0000-4000-8000-000000000001";
    const { lines } = await logged(
      `logger.info({}, "before");
       await withRequestContext({ origin: "interactive", correlationId: "${id}" }, async () => {
         await null;
         logger.info({ provider: "stripe" }, "within");
       });`,
    );
    expect(lines.map(({ msg, correlationId }) => [msg, correlationId])).toEqual([
      ["before", undefined],
      ["within", id],
    ]);
  });

  test("refuses an unknown field where it is compiled", () => {
    // @ts-expect-error: the field is not on the list
    logger.info({ email: "ann@example.com" }, "hello");
    const fields = { provider: "stripe", token: "secret" };
    // @ts-expect-error: nor is it when it comes in a variable
    logger.info(fields, "hello");
    // @ts-expect-error: a count is a number
    logger.info({ attempts: "three" }, "hello");
    logger.info({ provider: "stripe", attempts: 3, ...errorFields(new Error("x")) }, "hello");
    expect(logger.info).toBeTypeOf("function");
  });
});

test("the console, to which the framework writes what nobody caught, tells no more of it than the log", async () => {
  const run = await runModule(
    `const { redactConsole } = await load("lib/console-redaction.ts");
     const { AppError } = await load("lib/errors/app-error.ts");
     redactConsole();
     const cause = new RangeError("S3CRET-1");
     const error = new AppError("internal", { userMessage: "No.", logMessage: "no session", cause });
     console.error(" x ", Object.assign(error, { meta: "S3CRET-2" }));
     console.warn(Object.assign(cause, { code: "P2002" }), { email: "s3cret-3@example.com" }, 7);`,
  );
  expect(run.stderr).toMatch(
    /^ x {2}AppError internal no session\nRangeError P2002\n\s+at .+:\d+:\d+\)? \[object\] 7\n$/,
  );
  expect(run.stderr).not.toMatch(/S3CRET/i);
});

describe("an error's fields", () => {
  test("are our own words of our own errors", () => {
    const error = new IntegrationError("declined", {
      provider: "stripe",
      operation: "x",
      vendorCode: "card_declined",
    });
    expect(errorFields(error)).toEqual({
      error: "IntegrationError",
      code: "integration_failed",
      message: "stripe x: declined (card_declined)",
    });
    expect(errorFields(new AppError("not_found", { userMessage: "Gone." }))).toMatchObject({
      message: "Gone.",
    });
  });

  test("never quote others': a message of several lines stands in the stack too", () => {
    const error = new Error(
      "Invalid `create()` invocation:\n  email: ann@example.com\n    at ann@example.com\nfailed",
    );
    const fields = errorFields(error);
    expect(JSON.stringify(fields)).not.toContain("ann@");
    expect(fields.stack).toMatch(/^\s+at .*logger\.test\.ts/);
  });

  test("take no code that is more than a code", () => {
    const coded = (code: string) => errorFields(Object.assign(new Error("x"), { code })).code;
    expect([coded("P2002"), coded("ECONNREFUSED"), coded("ERR_SSL_WRONG_VERSION_NUMBER")]).toEqual([
      "P2002",
      "ECONNREFUSED",
      "ERR_SSL_WRONG_VERSION_NUMBER",
    ]);
    expect(coded("no such user: ann@example.com")).toBeUndefined();
  });

  test("say of a thrown thing that is no error only what it was", () => {
    expect(errorFields("ann@example.com")).toEqual({ error: "string" });
    expect(errorFields({ email: "ann@example.com" })).toEqual({ error: "object" });
  });
});
