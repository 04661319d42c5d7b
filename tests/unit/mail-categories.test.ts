import { describe, expect, test } from "vitest";
import { isTransactional, unsubscribableName } from "@/lib/outbox/categories";
import { keepsBack } from "@/lib/outbox/suppression";

describe("a mail's category", () => {
  test.each(["verify-email", "reset-password", "receipt", "payment-failed", "subscription-cancelled"])(
    "%s cannot be unsubscribed from: its reader asked for it, or it is about their money",
    (category) => {
      expect(isTransactional(category)).toBe(true);
      expect(unsubscribableName(category)).toBeNull();
    },
  );

  test("welcome can be", () => {
    expect(isTransactional("welcome")).toBe(false);
    expect(unsubscribableName("welcome")).toMatch(/^mails that /);
  });

  test.each(["", "gone-since", "constructor", "__proto__"])(
    "%j, which is not known, keeps its mails",
    (name) => {
      expect(isTransactional(name)).toBe(true);
      expect(unsubscribableName(name)).toBeNull();
    },
  );
});

describe("what keeps a mail back", () => {
  test.each([
    ["bounced", true, true],
    ["bounced", false, true],
    ["vendor", true, true],
    ["vendor", false, true],
    ["complained", true, false],
    ["complained", false, true],
    ["unsubscribed", true, false],
    ["unsubscribed", false, true],
  ] as const)("%s, transactional %s: %s", (reason, transactional, expected) => {
    expect(keepsBack(reason, transactional)).toBe(expected);
  });
});
