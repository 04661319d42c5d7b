/** Pages while every vendor hangs, against the same pages while all are well, in turns. */
import { expectNoErrors, interleave, type LoadResult, runLoad } from "./load";
import { launchBrowser, type Person, signIn } from "./sign-in";

const VENDORS = ["stripe", "resend", "sendgrid", "oncall"] as const;
const CONNECTIONS = 4;
const ROUND_MS = 4_000;
const ROUNDS = 10;
/** p99 with every vendor hanging, to p99 with all of them well. */
const LIMIT = 1.1;

export async function benchOutages(input: {
  app: string;
  control: string;
  person: Person;
  paths: readonly string[];
}): Promise<string[]> {
  const browser = await launchBrowser();
  const cookies = await signIn(browser, input.app, input.person).finally(() => browser.close());
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const load = (path: string) =>
    runLoad({
      url: `${input.app}${path}`,
      connections: CONNECTIONS,
      milliseconds: ROUND_MS,
      next: () => ({ method: "GET", headers: { cookie } }),
    });
  const rows: string[] = [];
  const ratios: number[] = [];
  for (const path of input.paths) {
    await load(path);
    let asked = 0;
    const hanging = async (): Promise<LoadResult> => {
      for (const vendor of VENDORS)
        await post(`${input.control}/faults`, { vendor, kind: "hang", route: "*" });
      const before = await requestCount(input.control);
      const result = await load(path);
      asked += (await requestCount(input.control)) - before;
      await fetch(`${input.control}/faults`, { method: "DELETE" });
      return result;
    };
    const { ours, floor } = await interleave({ rounds: ROUNDS, ours: hanging, floor: () => load(path) });
    expectNoErrors(path, ours, floor);
    if (asked > 0) throw new Error(`${path} asked a vendor ${asked} times`);
    const ratio = ours.p99 / floor.p99;
    ratios.push(ratio);
    const ms = (value: number) => value.toFixed(1);
    rows.push(
      `| \`${path}\` | ${ms(floor.p50)} / ${ms(floor.p99)} | ${ms(ours.p50)} / ${ms(ours.p99)} | ${ratio.toFixed(2)} | 0 |`,
    );
  }
  const table = [
    "| page | p50 / p99 ms, all well | p50 / p99 ms, all hanging | ratio of p99 | vendor requests |",
    "|---|---|---|---|---|",
    ...rows,
  ];
  if (Math.max(...ratios) > LIMIT) throw new Error([...table, "", `above the limit of ${LIMIT}`].join("\n"));
  return table;
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

/** By all vendors together, since they started. */
async function requestCount(control: string): Promise<number> {
  const response = await fetch(`${control}/requests?format=json`);
  const { counts } = (await response.json()) as { counts: Record<string, number> };
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
