import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { REPOSITORY } from "./paths";

export const BROWSER_VARIABLE = "CHROME_PATH";

const COMMANDS = [
  "google-chrome-stable",
  "google-chrome",
  "chromium",
  "chromium-browser",
  "microsoft-edge-stable",
  "microsoft-edge",
  "chrome",
  "msedge",
];

const MAC_APPLICATIONS = [
  "Google Chrome.app/Contents/MacOS/Google Chrome",
  "Chromium.app/Contents/MacOS/Chromium",
  "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

const WINDOWS_PROGRAMS = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Chromium\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

/**
 * An installed Chrome, Chromium or Edge that starts: CHROME_PATH, then PATH, then the usual places, then
 * playwright-core's own download folder. Undefined when there is none.
 */
export function findBrowser(): string | undefined {
  const named = process.env[BROWSER_VARIABLE];
  if (named) {
    if (starts(named)) return named;
    throw new Error(`${BROWSER_VARIABLE} is "${named}", which does not start as a browser.`);
  }
  return candidates().find(starts);
}

function candidates(): string[] {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const onPath = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command + suffix)));
  const { HOME = "", LOCALAPPDATA, PROGRAMFILES } = process.env;
  const usual: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: ["/Applications", join(HOME, "Applications")].flatMap((folder) =>
      MAC_APPLICATIONS.map((application) => join(folder, application)),
    ),
    linux: ["/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge", "/snap/bin/chromium"],
    win32: [PROGRAMFILES, process.env["PROGRAMFILES(X86)"], LOCALAPPDATA].flatMap((folder) =>
      folder ? WINDOWS_PROGRAMS.map((program) => join(folder, program)) : [],
    ),
  };
  return [...onPath, ...(usual[process.platform] ?? []), chromium.executablePath()];
}

/** On Linux a package may be a stub that only prints how to install the real one, or lack libraries: ask it. */
function starts(file: string): boolean {
  if (!existsSync(file)) return false;
  if (process.platform !== "linux") return true;
  const result = spawnSync(file, ["--version", "--no-sandbox"], { encoding: "utf8", timeout: 20_000 });
  return result.status === 0 && /\d+\.\d+\.\d+/.test(result.stdout);
}

/** The browser, installed if none is found: by apt as root on Debian, else by playwright-core's own download. */
export function ensureBrowser(log: (text: string) => void): string {
  const found = findBrowser();
  if (found) return found;
  const commands = installCommands();
  for (const command of commands) {
    log(`No Chrome, Chromium or Edge found; trying: ${command.join(" ")}`);
    const [program = "", ...parameters] = command;
    spawnSync(program, parameters, {
      cwd: REPOSITORY,
      stdio: "inherit",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    const installed = findBrowser();
    if (installed) return installed;
  }
  const shown = commands.map((command) => `  ${command.join(" ")}`).join("\n");
  throw new Error(
    `No browser could be found or installed. Install one yourself, for example:\n${shown}\nor name one in ${BROWSER_VARIABLE}.`,
  );
}

function installCommands(): string[][] {
  const playwright = createRequire(import.meta.url).resolve("playwright-core/cli.js");
  const download = [process.execPath, playwright, "install", "chromium"];
  if (process.platform !== "linux" || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    return [download];
  return [
    ["apt-get", "update", "--quiet"],
    ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", "chromium"],
    download,
  ];
}
