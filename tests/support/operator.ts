import type { Locator, Page } from "playwright-core";
import { DEMO_PEOPLE, type DemoPerson } from "@/prisma/demo-people";
import { seen } from "./journey";
import { PATIENCE_MS } from "./poll";

/** What an operator does at the console, as a person at a browser. */

const CONSOLE = "/admin/integrations";

function demoOperator(): DemoPerson {
  const operator = DEMO_PEOPLE.find(({ role }) => role === "operator");
  if (!operator) throw new Error("there is no operator among the demo people");
  return operator;
}

/** From being signed out to the open console. */
export async function openConsole(page: Page): Promise<DemoPerson> {
  const operator = demoOperator();
  await page.goto(`/sign-in?next=${encodeURIComponent(CONSOLE)}`);
  await page.getByRole("button", { name: `Sign in as ${operator.name}` }).click();
  await page.waitForURL(`**${CONSOLE}`);
  await seen(page.getByRole("heading", { name: "Integrations", level: 1 }));
  return operator;
}

/** One breaker on the console, by the names that the page gives: "Payments", "Writes". */
export function breakerOn(page: Page, capability: string, effect: "Reads" | "Writes"): Locator {
  return page.getByRole("region", { name: `${capability} ${effect}`, exact: true });
}

/** Waits until the console shows a breaker in this state. */
export async function showsState(breaker: Locator, state: string, timeoutMs?: number): Promise<void> {
  await breaker.getByText(state, { exact: true }).waitFor({ timeout: timeoutMs });
}

/** At the chaos panel: what to do to whoever serves a capability, by the name on the button. */
export async function pressInChaos(page: Page, capability: string, button: string): Promise<void> {
  const form = page.getByRole("form", { name: `Break ${capability.toLowerCase()}`, exact: true });
  await form.getByRole("button", { name: button }).click();
  // The page says what is set, not what was pressed.
  const isWell = button === "Healthy again";
  const part = page.getByRole("region", { name: new RegExp(`^${capability} [a-z]+$`) });
  await part.getByText("Healthy", { exact: true }).waitFor({ state: isWell ? "visible" : "detached" });
}

/** Presses one of a breaker's buttons and confirms what it asks. */
export async function overrideBy(breaker: Locator, button: "Hold open" | "Close" | "Reset"): Promise<void> {
  await breaker.getByRole("link", { name: button }).click();
  const dialog = breaker.page().getByRole("alertdialog");
  await dialog.getByRole("button", { name: button, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

/**
 * When the page that is open first shows a breaker in this state, in milliseconds: noted by the page itself, so that
 * nothing is added by who asks.
 */
export function stateFirstShownAt(breaker: Locator, state: string): Promise<number> {
  return breaker.evaluate(
    (panel, { label, patienceMs }) =>
      new Promise<number>((resolve, reject) => {
        const giveUp = setTimeout(() => reject(new Error(`never shown as ${label}`)), patienceMs);
        const observer = new MutationObserver(look);
        function look(): void {
          if (![...panel.querySelectorAll("span")].some((badge) => badge.textContent === label)) return;
          observer.disconnect();
          clearTimeout(giveUp);
          resolve(Date.now());
        }
        observer.observe(panel, { subtree: true, childList: true, characterData: true });
        look();
      }),
    { label: state, patienceMs: PATIENCE_MS },
  );
}
