/** Guards that the status can be read without seeing it: what the bars and colours say is said in words as well. */
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { StatusBoard } from "@/components/status/status-board";
import { serviceStatusFrom } from "@/lib/status/service-status";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const PAYER = { provider: "payer", mode: "live" };

const status = serviceStatusFrom({
  circuits: [
    {
      ...PAYER,
      effect: "write",
      state: "open",
      since: new Date("2026-11-22T11:18:00.000Z"),
      throttledUntil: null,
    },
  ],
  steps: [
    { ...PAYER, effect: "read", from: "closed", to: "open", at: new Date("2026-11-20T08:00:00.000Z") },
    { ...PAYER, effect: "read", from: "half_open", to: "closed", at: new Date("2026-11-20T10:05:00.000Z") },
    { ...PAYER, effect: "write", from: "closed", to: "open", at: new Date("2026-11-22T11:18:00.000Z") },
  ],
  seen: [],
  providers: { payments: PAYER, email: [{ provider: "mailer", mode: "live" }] },
  recordedSince: new Date("2026-11-13T09:00:00.000Z"),
  now: NOW,
});

describe("the status board", () => {
  const page = renderToStaticMarkup(<StatusBoard status={status} />);

  test("says what is limited, since when, and what it means", () => {
    expect(page).toContain("Not everything is working");
    expect(page).toContain("Affected: Payments. Everything else works");
    expect(page).toContain("Not available");
    expect(page).toContain("since November 22, 2026 at 11:18 AM UTC");
    expect(page).toContain("What you have paid for keeps working.");
  });

  test("says in words what the bars draw", () => {
    expect(page).toContain(
      'aria-label="Payments, the last 90 days: 8 days working, 1 day limited, 1 day not available, 80 days not recorded, 2 hours 47 minutes in all."',
    );
    expect(page).toContain("<li>November 20: limited, 2 hours 5 minutes</li>");
    expect(page).toContain("<li>November 22: not available, 42 minutes</li>");
    expect(page).toContain("2 days with trouble");
  });

  test("draws ninety days of what is recorded, and none of what is not", () => {
    expect(page.match(/<rect[^>]*><title>/g)).toHaveLength(2 * 90);
    expect(page.match(/no history is kept/g)).toHaveLength(2);
  });

  test("does not claim to know what it cannot", () => {
    const unknown = renderToStaticMarkup(<StatusBoard status={null} />);
    expect(unknown).toContain("We cannot tell right now");
    expect(unknown).not.toMatch(/working|Working/);
  });

  test("says that everything works where it does", () => {
    const well = { ...status, capabilities: status.capabilities.filter(({ id }) => id !== "payments") };
    expect(renderToStaticMarkup(<StatusBoard status={well} />)).toContain("Everything is working");
  });
});
