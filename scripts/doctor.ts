import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { checkDatabase } from "./doctor/database";
import { checkDuplicates, checkUnknownNames, describeFiles } from "./doctor/env-files";
import type { Check, DoctorContext, Finding, Level } from "./doctor/finding";
import {
  checkDependencies,
  checkEmbeddedPostgres,
  checkNode,
  checkPrismaClient,
} from "./doctor/installation";
import { checkBrowser, checkDisk, checkPorts } from "./doctor/machine";
import { checkResend, checkSendgrid, checkStripe } from "./doctor/providers";
import { checkModes, checkSandboxFlags, checkShapes } from "./doctor/variables";
import { loadEnvironmentFiles } from "./stack/env-files";
import { DATA_DIR, REPOSITORY } from "./stack/paths";
import { parseCommandLine, runScript } from "./stack/run-script";

const USAGE = "Usage: npm run doctor [-- --json]";

const CHECKS: readonly Check[] = [
  checkNode,
  checkDependencies,
  checkPrismaClient,
  checkEmbeddedPostgres,
  describeFiles,
  checkDuplicates,
  checkUnknownNames,
  checkShapes,
  checkModes,
  checkSandboxFlags,
  checkDatabase,
  checkPorts,
  checkDisk,
  checkBrowser,
  checkStripe,
  checkResend,
  checkSendgrid,
];

const MARKS: Record<Level, string> = {
  ok: colors.green("✓ ok  "),
  warn: colors.yellow("! warn"),
  fail: colors.red("✗ fail"),
};

/** Looks at everything that a run depends on and says, for each finding, the exact fix. Ends with 1 if anything fails. */
runScript(async () => {
  const { values: flags } = parseCommandLine(USAGE, { json: { type: "boolean", default: false } });
  const context: DoctorContext = {
    root: REPOSITORY,
    dataDir: DATA_DIR,
    ...loadEnvironmentFiles(REPOSITORY, "development"),
    knownNames: namesInExample(join(REPOSITORY, ".env.example")),
  };
  const findings: Finding[] = [];
  for (const check of CHECKS) findings.push(...(await check(context)));
  console.log(flags.json ? JSON.stringify(findings, null, 2) : render(findings));
  return findings.some(({ level }) => level === "fail") ? 1 : 0;
});

/** `# NAME=` and `NAME=` alike: the example has every variable, most of them commented out. */
function namesInExample(file: string): string[] {
  if (!existsSync(file)) return [];
  return [...readFileSync(file, "utf8").matchAll(/^#?\s*([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? "");
}

function render(findings: readonly Finding[]): string {
  const lines: string[] = [];
  for (const group of new Set(findings.map((finding) => finding.group))) {
    lines.push("", colors.bold(group));
    for (const { level, message, fix } of findings.filter((finding) => finding.group === group)) {
      lines.push(`  ${MARKS[level]}  ${message}`);
      if (fix) lines.push(`          ${colors.dim("fix:")} ${fix}`);
    }
  }
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  lines.push("", `${count("ok")} ok, ${count("warn")} to look at, ${count("fail")} to fix`);
  return lines.join("\n");
}
