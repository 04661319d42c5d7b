/** Guards what is shipped: the production build holds nothing of the sandbox, and the browser gets nothing of the server. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, sourceFiles } from "@/tests/support/source-files";

const BUILD = join(REPOSITORY, ".next");

interface Built {
  path: string;
  text: string;
}

function builtFiles(folder: string, pattern: RegExp): Built[] {
  const directory = join(BUILD, folder);
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(BUILD.length + 1), text: readFileSync(path, "utf8") }));
}

let server: Built[];
let browser: Built[];

beforeAll(() => {
  if (!existsSync(join(BUILD, "BUILD_ID")))
    throw new Error("There is no production build: run `npm run build`.");
  server = builtFiles("server", /\.(js|mjs|cjs|html|rsc|body)$/);
  browser = builtFiles("static", /\.(js|css|json)$/);
});

const holding = (files: Built[], words: readonly string[]) =>
  files.flatMap(({ path, text }) =>
    words.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`),
  );

/** Sentences that stand only in the sandbox's own files, so that a copy of any of them gives it away. */
function sandboxSentences(): string[] {
  const own = sourceFiles("lib/sandbox", /\.ts$/).flatMap(({ text }) =>
    [...text.matchAll(/"([A-Z][a-z]+ [^"\\$]{24,})"/g)].map(([, sentence]) => sentence ?? ""),
  );
  const others = sourceFiles("", /^(app|components|lib|prisma)\/.*\.tsx?$/)
    .filter(({ path }) => !path.startsWith("lib/sandbox/"))
    .map(({ text }) => text)
    .join("\n");
  return [...new Set(own)].filter((sentence) => !others.includes(sentence));
}

describe("the production build", () => {
  test("was read", () => {
    expect(server.length).toBeGreaterThan(20);
    expect(browser.length).toBeGreaterThan(5);
    expect(holding(server, ["customers.create"])).not.toEqual([]);
  });

  test("holds nothing of the sandbox", () => {
    const sentences = sandboxSentences();
    expect(sentences.length).toBeGreaterThan(20);
    const shared = ["lib/sandbox/", "createStripeStandIn", "openLoopbackServer", "@hono/node-server"];
    expect(holding(server, [...sentences, ...shared])).toEqual([]);
    expect(holding(browser, [...sentences, ...shared])).toEqual([]);
  });

  test("can drop the chaos panel: its one door is a branch that a build for production leaves out", () => {
    const panel = /_chaos\//;
    const doors = sourceFiles("", /^(app|components|lib)\/.*\.tsx?$/)
      .filter(({ path }) => !panel.test(path))
      .flatMap(({ text }) => [...text.matchAll(/from "(.*_chaos\/.*)"/g)].map(([, door]) => door));
    expect(doors).toEqual(["./_chaos/load-chaos-panel"]);
    const [door] = sourceFiles("app", /_chaos\/load-chaos-panel\.ts$/);
    const [, guarded = ""] =
      door?.text.split('if (process.env.BREAKWATER_BUILT_FOR_SANDBOX === "1") {') ?? [];
    expect(guarded).toContain('await import("./chaos-panel")');
    expect(door?.text).not.toMatch(/^import .*"\.\//m);
  });

  test("holds the chaos panel and its actions where it was made for the sandbox, and nothing of them elsewhere", () => {
    const { config } = JSON.parse(readFileSync(join(BUILD, "required-server-files.json"), "utf8"));
    const words = [
      "sandbox.break-provider",
      "sandbox.make-traffic",
      "breakProviderAction",
      "Break payments with",
    ];
    const held = words.filter((word) => holding([...server, ...browser], [word]).length > 0);
    expect(held).toEqual(config.env.BREAKWATER_BUILT_FOR_SANDBOX === "1" ? words : []);
  });

  test("holds no secret of this machine", () => {
    const secrets = join(REPOSITORY, ".data", "secrets.json");
    const values = existsSync(secrets)
      ? Object.values(JSON.parse(readFileSync(secrets, "utf8")) as Record<string, string>)
      : [];
    const ofProcess = Object.entries(process.env)
      .filter(([name]) => /SECRET|PASSWORD|TOKEN|API_KEY/.test(name))
      .map(([, value]) => value ?? "");
    const known = [...values, ...ofProcess].filter((value) => value.length >= 12);
    expect(holding([...server, ...browser], known)).toEqual([]);
  });
});

describe("what the browser gets", () => {
  test("names no variable of the server's and holds no key or connection string", () => {
    const words = [
      "BETTER_AUTH_SECRET",
      "STRIPE_SECRET_KEY",
      "RESEND_API_KEY",
      "SENDGRID_API_KEY",
      "ONCALL_WEBHOOK_SECRET",
      "CRON_SECRET",
      "DATABASE_URL",
    ];
    expect(holding(browser, words)).toEqual([]);
    const shapes = [
      /postgres(ql)?:\/\//,
      /\b(sk|rk)_(test|live)_/,
      /\bwhsec_/,
      /\bre_sandbox\b/,
      /\bSG\.sandbox\b/,
    ];
    expect(
      browser.filter(({ text }) => shapes.some((shape) => shape.test(text))).map(({ path }) => path),
    ).toEqual([]);
  });

  test("holds no code of the server's", () => {
    const words = [
      "createCipheriv",
      "PrismaClient",
      "better-auth/adapters",
      "api.stripe.com",
      "api.resend.com",
      "api.sendgrid.com",
    ];
    expect(holding(browser, words)).toEqual([]);
  });

  test("is without error monitoring where no address for it was set: not one byte", () => {
    expect(browser.filter(({ text }) => /sentry/i.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test("draws charts with a library that only the operators' page loads, and only after it is there", () => {
    const drawing = browser
      .filter(({ text }) => text.includes("recharts-"))
      .map(({ path }) => basename(path));
    expect(drawing).toHaveLength(1);
    const [chunk = ""] = drawing;
    const pages = builtFiles("server", /\.html$|client-reference-manifest\.js$|build-manifest\.json$/);
    expect(pages.length).toBeGreaterThan(10);
    expect(holding(pages, [chunk])).toEqual([]);
    const loading = builtFiles("server", /react-loadable-manifest\.json$/).filter(({ text }) =>
      text.includes(chunk),
    );
    expect(loading.map(({ path }) => path)).toEqual([
      "server/app/(admin)/admin/integrations/page/react-loadable-manifest.json",
    ]);
  });

  test("comes without source maps", () => {
    expect(builtFiles("static", /\.map$/).map(({ path }) => path)).toEqual([]);
  });
});
