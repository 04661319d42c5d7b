/** Guards the log: no secret, no address, no words of a vendor's or a database's. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { IntegrationError } from "@/lib/errors/integration-error";
import { errorFields } from "@/lib/logger";
import { REPOSITORY } from "@/tests/support/source-files";

/** What the real logger of a production process writes. */
function logged(statements: string): string {
  const logger = pathToFileURL(join(REPOSITORY, "lib/logger.ts")).href;
  const code = `const { logger, errorFields } = await import(${JSON.stringify(logger)});\n${statements}`;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const run = spawnSync(process.execPath, ["--import", tsx, "--input-type=module", "--eval", code], {
    cwd: REPOSITORY,
    env: { ...process.env, NODE_ENV: "production", VITEST: "" },
    encoding: "utf8",
  });
  expect(run.stderr).toBe("");
  return run.stdout;
}

describe("the log", () => {
  test("blots out what must not be there, should it ever be handed over", () => {
    const secrets = {
      password: "S3CRET-1",
      token: "S3CRET-2",
      secret: "S3CRET-3",
      email: "s3cret-4@example.com",
    };
    const headers = { authorization: "Bearer S3CRET-5", cookie: "session=S3CRET-6" };
    const output = logged(`logger.info(${JSON.stringify({ ...secrets, user: secrets, headers })}, "hello");`);
    expect(output).toContain('"msg":"hello"');
    // At the top only what is never a plain word there.
    expect(output.replace(/"secret":"S3CRET-3"/, "")).not.toMatch(/S3CRET/i);
  });

  test("names our own errors with our own words", () => {
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

  test("never quotes others': a message of several lines stands in the stack too", () => {
    const error = new Error(
      "Invalid `create()` invocation:\n  email: ann@example.com\n    at ann@example.com\nfailed",
    );
    const fields = errorFields(error);
    expect(JSON.stringify(fields)).not.toContain("ann@");
    expect(fields.stack).toMatch(/^\s+at .*logger\.test\.ts/);
  });

  test("says of a thrown thing that is no error only what it was", () => {
    expect(errorFields("ann@example.com")).toEqual({ error: "string" });
    expect(errorFields({ email: "ann@example.com" })).toEqual({ error: "object" });
  });
});
