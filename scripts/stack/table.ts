import colors from "picocolors";
import type { Stack } from "./start-stack";

export type DemoSignIn = { email: string; password: string; role: string; name: string };

/** The one table that a start ends with: what runs where, how to sign in, and who serves what and why. */
export function renderTable(stack: Stack, people: readonly DemoSignIn[]): string {
  const groups: [string, string][][] = [
    addresses(stack),
    stack.seeded
      ? people.map(({ email, password, role }) => [
          `sign in (${role.toLowerCase()})`,
          `${email}  ${password}`,
        ])
      : [],
    stack.capabilities.map(({ capability, provider, why }) => [capability, `${provider}; ${why}`]),
  ];
  const rows = groups.flat();
  const width = Math.max(...rows.map(([label]) => label.length));
  const rule = colors.dim("  ─".padEnd(3) + "─".repeat(Math.min(76, width + 50)));
  const body = groups
    .filter((group) => group.length > 0)
    .map((group) =>
      group.map(([label, text]) => `  ${colors.bold(label.padEnd(width))}  ${text}`).join("\n"),
    );
  const warnings = stack.capabilities.flatMap(({ warning }) =>
    warning ? [`  ${colors.yellow("!")} ${warning}`] : [],
  );
  return ["", rule, body.join(`\n${rule}\n`), rule, ...warnings, ""].join("\n");
}

function addresses({ urls, localDatabase }: Stack): [string, string][] {
  const rows: [string, string][] = [["app", urls.app]];
  if (urls.mailbox) rows.push(["mailbox", urls.mailbox]);
  if (urls.payments) rows.push(["payments sandbox", urls.payments]);
  if (urls.oncall) rows.push(["on-call alerts", urls.oncall]);
  if (urls.control) rows.push(["sandbox control", urls.control]);
  rows.push([
    "database",
    `${withoutPassword(urls.database)}${localDatabase ? "" : " (not on this machine: nothing was migrated)"}`,
  ]);
  return rows;
}

/** A password is never printed, not even a generated one: terminals are shared and recorded. */
function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = "";
  return shown.href;
}
