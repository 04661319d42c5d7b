import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { useBrowser } from "@/tests/support/browser";
import { FENCED } from "@/tests/support/stack-under-test";

// What guards all other tests of this suite: nothing leaves the machine unseen.

const visit = useBrowser();

it("fails a test whose page asks another machine for something", async (context) => {
  const story = visit(async ({ page }) => {
    await page.goto("/");
    await page.evaluate(() => fetch("https://elsewhere.example/").catch(() => null));
  });
  await expect(story(context)).rejects.toThrow("request to another machine: https://elsewhere.example/");
});

it("refuses a server's connection to another machine, and writes it down", () => {
  const log = join(tmpdir(), `breakwater-fence-${process.pid}.log`);
  const program = "fetch('http://elsewhere.example/').catch((error) => console.log(error.cause.message))";
  try {
    const { stdout } = spawnSync(process.execPath, ["-e", program], {
      encoding: "utf8",
      env: { ...process.env, ...FENCED, ONLY_LOOPBACK_LOG: log },
    });
    expect(stdout).toContain("allow no connection to elsewhere.example");
    expect(readFileSync(log, "utf8")).toContain("elsewhere.example");
  } finally {
    rmSync(log, { force: true });
  }
});
