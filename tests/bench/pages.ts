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
  const rows: string[] = [];
  for (const path of input.paths) {
    const load = (url: string) => () =>
      runLoad({ url, connections: CONNECTIONS, milliseconds: ROUND_MS, next: () => ({ method: "GET" }) });
    await load(input.floor)();
    await load(`${input.ours}${path}`)();
    const { ours, floor, ratio } = await interleave({
      rounds: ROUNDS,
      ours: load(`${input.ours}${path}`),
      floor: load(input.floor),
    });
    rows.push(
      `| \`${path}\` | ${ours.requestsPerSecond.toFixed(0)} | ${floor.requestsPerSecond.toFixed(0)} | ${ratio.toFixed(2)} |`,
    );
  }
  return ["| page | requests/s | floor/s | ratio |", "|---|---|---|---|", ...rows];
}
