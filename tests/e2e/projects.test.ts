import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import { CARDS, joined, payWith, seen, seenAfterReloading } from "@/tests/support/journey";

const visit = useBrowser();

it.concurrent(
  "offers a larger plan, and no error, where the projects of the plan are used up",
  visit(async ({ page, context }) => {
    await joined(page);
    const projects = page.getByRole("region", { name: "Projects" });
    const name = page.getByLabel("New project");
    const create = page.getByRole("button", { name: "Create project" });
    await name.fill("Harbour");
    await create.click();
    await seen(projects.getByText("Harbour", { exact: true }));
    // Left open with its form, while the limit is reached elsewhere.
    const behind = await context.newPage();
    await behind.goto("/dashboard");
    await name.fill("Lighthouse");
    await create.click();
    await seen(projects.getByText("You use all 2 projects of Free."));
    expect(await name.count()).toBe(0);
    expect(await page.getByRole("main").getByRole("alert").count()).toBe(0);

    await behind.getByLabel("New project").fill("Mole");
    await behind.getByRole("button", { name: "Create project" }).click();
    await seen(behind.getByText("Choose a larger plan to make more."));

    await projects.getByRole("link", { name: "See Pro" }).click();
    await page.waitForURL("**/billing?plan=pro*");
    await page.getByRole("button", { name: "Choose Pro" }).click();
    await payWith(page, CARDS.good);
    await seen(page.getByRole("heading", { name: "Pro is active" }));
    await seenAfterReloading(page, "/dashboard", name);
    await name.fill("Mole");
    await create.click();
    await seen(projects.getByText("Mole", { exact: true }));
  }),
);

it.concurrent(
  "deletes a project after asking, and keeps it when the answer is no",
  visit(async ({ page }) => {
    await joined(page);
    await page.getByLabel("New project").fill("Harbour");
    await page.getByRole("button", { name: "Create project" }).click();
    await page.getByRole("link", { name: "Delete Harbour" }).click();
    await page.getByRole("button", { name: "Keep project" }).click();
    await page.getByRole("alertdialog").waitFor({ state: "hidden" });
    await seen(page.getByText("Harbour", { exact: true }));

    await page.getByRole("link", { name: "Delete Harbour" }).click();
    await page.getByRole("button", { name: "Delete project" }).click();
    await seen(page.getByText("No projects yet"));
  }),
);
