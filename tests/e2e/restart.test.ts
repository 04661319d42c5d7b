import { afterAll, beforeAll, expect, it } from "vitest";
import { findBrowser } from "@/scripts/stack/find-browser";
import { REPOSITORY } from "@/scripts/stack/paths";
import type { Part } from "@/scripts/stack/processes";
import { answers } from "@/scripts/stack/readiness";
import { defaultCommands, inheritedEnvironment, startNode } from "@/scripts/stack/stack-parts";
import { type Stack, startStack } from "@/scripts/stack/start-stack";
import { useBrowser } from "@/tests/support/browser";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";
import {
  CARDS,
  chooseThePlan,
  fillInCard,
  joined,
  seenAfterReloading,
  subscriptionOn,
} from "@/tests/support/journey";
import { arrivedMail, listMails } from "@/tests/support/mailbox";
import { billingOf } from "@/tests/support/sandbox";
import { asStackUnderTest, FENCED, useOwnStack } from "@/tests/support/stack-under-test";

// A stack of its own, whose app is killed and started again while its sandbox goes on.
let database: TestDatabase | undefined;
let stack: Stack | undefined;
let app: Part | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  stack = await startStack({
    mode: "test",
    databaseUrl: database.url,
    env: FENCED,
    commands: { app: null },
  });
  useOwnStack(asStackUnderTest(stack, findBrowser() ?? ""));
  app = await startApp(stack);
});

afterAll(async () => {
  await app?.stop();
  await stack?.stop();
  await database?.drop();
});

async function startApp({ ports, env, urls }: Stack): Promise<Part> {
  const part = startNode({
    name: "app",
    arguments: defaultCommands(REPOSITORY, "test", ports.app).app,
    cwd: REPOSITORY,
    env: { ...inheritedEnvironment(), ...env },
  });
  await answers(`${urls.app}/api/health`, () => false);
  return part;
}

const visit = useBrowser();

it(
  "activates the plan once the app is back when it was killed before the payment",
  visit(async ({ page }) => {
    if (!stack || !app) throw new Error("the stack has not been started");
    const person = await joined(page);
    await chooseThePlan(page, "Pro");
    await fillInCard(page, CARDS.good);
    app.signal("SIGKILL");
    await app.exited;

    const paid = page.waitForResponse(
      (response) => response.request().method() === "POST" && response.url().includes("/pay/"),
    );
    await page.getByRole("button", { name: /^Pay / }).click();
    expect((await paid).status()).toBe(303);
    expect((await billingOf(person.email)).subscriptions.map(({ status }) => status)).toEqual(["active"]);

    app = await startApp(stack);
    // Nobody looks at the app: the events are delivered again by themselves.
    await arrivedMail(person.email, "Your receipt");
    await seenAfterReloading(page, "/billing", subscriptionOn(page).getByText("Active", { exact: true }));
    const receipts = (await listMails(person.email)).filter(({ subject }) => subject.includes("receipt"));
    expect(receipts).toHaveLength(1);
  }),
);
