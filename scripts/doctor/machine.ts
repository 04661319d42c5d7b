import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { wantedPort } from "../stack/choose-ports";
import { findBrowser } from "../stack/find-browser";
import { lockHolder } from "../stack/lock";
import { DEFAULT_PORTS } from "../stack/paths";
import { isPortFree } from "../stack/ports";
import type { Check, Finding } from "./finding";

const NEEDED_BYTES = 1_000_000_000;

/** Each port of dev: free, ours, or somebody else's (then dev takes another, which is fine unless it surprises). */
export const checkPorts: Check = async ({ values, dataDir }) => {
  const holder = lockHolder(dataDir);
  if (holder) {
    const message = `npm run ${holder.mode} is running (process ${holder.pid}${holder.url ? `, ${holder.url}` : ""}).`;
    return [{ id: "ports", group: "machine", level: "ok", message }];
  }
  const findings: Finding[] = [];
  for (const name of Object.keys(DEFAULT_PORTS) as (keyof typeof DEFAULT_PORTS)[]) {
    const port = wantedPort(name, values);
    if (await isPortFree(port)) continue;
    const owner = portOwner(port);
    findings.push({
      id: `port:${name}`,
      group: "machine",
      level: "warn",
      message: `Port ${port} (${name}) is in use${owner ? ` by ${owner.command} (process ${owner.pid})` : ""}; dev will take the next free one.`,
      fix: owner ? `kill ${owner.pid}` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`,
    });
  }
  if (findings.length > 0) return findings;
  return [{ id: "ports", group: "machine", level: "ok", message: "Every port of dev is free." }];
};

function portOwner(port: number): { pid: string; command: string } | undefined {
  const listing = spawnSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], { encoding: "utf8" });
  const [, pid, command] = /p(\d+)\nc(.+)/.exec(listing.stdout ?? "") ?? [];
  if (pid && command) return { pid, command };
  const sockets = spawnSync("ss", ["-H", "-ltnp", `sport = :${port}`], { encoding: "utf8" });
  const [, name, id] = /"([^"]+)",pid=(\d+)/.exec(sockets.stdout ?? "") ?? [];
  return name && id ? { pid: id, command: name } : undefined;
}

export const checkBrowser: Check = () => {
  try {
    const browser = findBrowser();
    if (browser)
      return [
        { id: "browser", group: "machine", level: "ok", message: `Browser for the tests: ${browser}.` },
      ];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [{ id: "browser", group: "machine", level: "fail", message: text, fix: "unset CHROME_PATH" }];
  }
  return [
    {
      id: "browser",
      group: "machine",
      level: "warn",
      message: "No Chrome, Chromium or Edge found; `npm test` will install one.",
      fix: "npx playwright-core install chromium",
    },
  ];
};

export const checkDisk: Check = ({ dataDir }) => {
  const existed = existsSync(dataDir);
  const folder = existed ? dataDir : dirname(dataDir);
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    mkdirSync(probe);
    writeFileSync(join(probe, "file"), "");
    rmSync(probe, { recursive: true });
  } catch (error) {
    const message = `${folder} cannot be written: ${error instanceof Error ? error.message : error}`;
    return [{ id: "disk", group: "machine", level: "fail", message, fix: `sudo chown -R "$USER" ${folder}` }];
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const gigabytes = (free / 1e9).toFixed(1);
  if (free >= NEEDED_BYTES) {
    return [
      {
        id: "disk",
        group: "machine",
        level: "ok",
        message: `${folder} can be written; ${gigabytes} GB free.`,
      },
    ];
  }
  const message = `Only ${gigabytes} GB are free on the disk of ${folder}; a build and the database want 1 GB.`;
  return [{ id: "disk", group: "machine", level: "warn", message, fix: "Free some space." }];
};
