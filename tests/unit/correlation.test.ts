/** Guards the id that follows a request: given from outside or made here, it is a UUID, and one for the whole request. */
import { NextRequest } from "next/server";
import { describe, expect, test } from "vitest";
import { CORRELATION_HEADER, correlationIdFrom, referenceOf } from "@/lib/correlation-id";
import { middleware } from "@/middleware";

const GIVEN = "3f9a1c2e-1111-4222-8333-444455556666";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("a correlation id", () => {
  test("is taken from outside where it is a UUID", () => {
    expect(correlationIdFrom(GIVEN)).toBe(GIVEN);
    expect(correlationIdFrom(GIVEN.toUpperCase())).toBe(GIVEN);
  });

  test.each([null, undefined, "", "ann@example.com", `${GIVEN}\n{"level":50}`, `${GIVEN}0`])(
    "is made anew instead of %j",
    (given) => {
      const made = correlationIdFrom(given);
      expect(made).toMatch(UUID);
      expect(made).not.toBe(correlationIdFrom(given));
    },
  );

  test("is told to people by its beginning", () => {
    expect(referenceOf(GIVEN)).toBe("3f9a1c2e");
  });
});

describe("the middleware", () => {
  const pass = (headers: Record<string, string>) => {
    const response = middleware(
      new NextRequest("http://localhost:3000/billing", {
        headers: { cookie: "breakwater.session_token=anything", ...headers },
      }),
    );
    return {
      answered: response.headers.get(CORRELATION_HEADER),
      // How Next hands a changed request on.
      handedOn: response.headers.get(`x-middleware-request-${CORRELATION_HEADER}`),
    };
  };

  test("gives a request an id, the same to the page as to the browser", () => {
    const { answered, handedOn } = pass({});
    expect(answered).toMatch(UUID);
    expect(handedOn).toBe(answered);
  });

  test("keeps a good one that came along, and replaces a bad one", () => {
    expect(pass({ [CORRELATION_HEADER]: GIVEN })).toEqual({ answered: GIVEN, handedOn: GIVEN });
    const replaced = pass({ [CORRELATION_HEADER]: "ann@example.com" });
    expect(replaced.answered).toMatch(UUID);
    expect(replaced.handedOn).toBe(replaced.answered);
  });
});
