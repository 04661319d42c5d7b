/** Public pages against a bare static page of the same Next. */
import { interleave, runLoad } from "./load";

const CONNECTIONS = 16;
const ROUND_MS = 4_000;
const ROUNDS = 3;

export async function benchPages(input: {
  ours: string;
  floor: string;
  paths: readonly string[];
}): Promise<string[]> {
  const load = (url: string) => () =>
    runLoad({ url, connections: CONNECTIONS, milliseconds: ROUND_MS, next: () => ({ method: "GET" }) });
  const compare = async (ours: string, floor: string) => {
    await load(floor)();
    await load(ours)();
    return interleave({ rounds: ROUNDS, ours: load(ours), floor: load(floor) });
  };
  const kilobytes = async (url: string) => ((await (await fetch(url)).text()).length / 1000).toFixed(0);
  const row = async (name: string, url: string) => {
    const bare = await compare(url, input.floor);
    const large = await compare(url, `${input.floor}/large`);
    const rate = bare.ours.requestsPerSecond.toFixed(0);
    return `| ${name} | ${await kilobytes(url)} | ${rate} | ${bare.ratio.toFixed(2)} | ${large.ratio.toFixed(2)} |`;
  };
  const rows: string[] = [];
  for (const path of input.paths) rows.push(await row(`\`${path}\``, `${input.ours}${path}`));
  return [
    `A bare page is ${await kilobytes(input.floor)} kB, the long one ${await kilobytes(`${input.floor}/large`)} kB.`,
    "",
    "| page | kB | requests/s | ratio to a bare page | ratio to a long bare page |",
    "|---|---|---|---|---|",
    ...rows,
  ];
}
