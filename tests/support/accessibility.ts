import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A wide window in light colours, a narrow one in dark ones: between them every layout and every colour. */
const LOOKS = [
  { colorScheme: "light", width: 1280, height: 900 },
  { colorScheme: "dark", width: 390, height: 844 },
  { colorScheme: "dark", width: 1280, height: 900 },
] as const;

/** What axe calls serious or critical on the page that is open, one line each: look, rule and the elements. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const findings: string[] = [];
  await page.evaluate(AXE);
  for (const { colorScheme, width, height } of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Colours fade from one scheme to the other; half-way they have no contrast to speak of.
    const violations = await page.evaluate(async () => {
      const ending = document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
      await Promise.allSettled(ending.map((animation) => animation.finished));
      const { axe } = window as unknown as { axe: { run: (options: object) => Promise<AxeResults> } };
      const results = await axe.run({ resultTypes: ["violations"] });
      return results.violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, impact, nodes }) => ({
          id,
          impact,
          nodes: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary ?? ""}`),
        }));
    });
    for (const { id, impact, nodes } of violations)
      findings.push(`${page.url()} (${colorScheme}, ${width} px): ${impact} ${id}\n  ${nodes.join("\n  ")}`);
  }
  return findings;
}
