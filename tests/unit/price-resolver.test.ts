import { beforeEach, expect, test } from "vitest";
import { IntegrationError, type IntegrationErrorKind } from "@/lib/errors/integration-error";
import { createPriceResolver } from "@/lib/integrations/payments/stripe/catalogue";

const HOUR_MS = 60 * 60 * 1_000;

let now: number;
let answer: { id: string }[] | IntegrationErrorKind;
let asked: number;
let resolve: ReturnType<typeof createPriceResolver>;

beforeEach(() => {
  now = 0;
  asked = 0;
  answer = [{ id: "price_1" }];
  const read = async () => {
    asked += 1;
    if (typeof answer === "string") {
      throw new IntegrationError(answer, { provider: "stripe", operation: "prices.list" });
    }
    return { data: answer };
  };
  // Of the SDK only what a price is read by.
  resolve = createPriceResolver({ read: read as never }, () => now);
});

test("asks once in a while, not for each checkout", async () => {
  await resolve("pro", "month");
  await resolve("pro", "month");
  expect(asked).toBe(1);
  now += HOUR_MS;
  answer = [{ id: "price_2" }];
  expect(await resolve("pro", "month")).toBe("price_2");
});

test.each(["timeout", "unavailable", "circuit_open", "rate_limited"] as const)(
  "goes on with the price it knew while the vendor cannot be asked (%s)",
  async (kind) => {
    await resolve("pro", "month");
    now += HOUR_MS;
    answer = kind;
    expect(await resolve("pro", "month")).toBe("price_1");
    answer = [{ id: "price_2" }];
    expect(await resolve("pro", "month")).toBe("price_2");
  },
);

test("knows none that it was never told of", async () => {
  answer = "unavailable";
  await expect(resolve("pro", "month")).rejects.toMatchObject({ kind: "unavailable" });
});

test("does not go on with one that the vendor says is gone", async () => {
  await resolve("pro", "month");
  now += HOUR_MS;
  answer = [];
  await expect(resolve("pro", "month")).rejects.toMatchObject({ code: "unavailable" });
  answer = "unavailable";
  await expect(resolve("pro", "month")).rejects.toMatchObject({ kind: "unavailable" });
});
