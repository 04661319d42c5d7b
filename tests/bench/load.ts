/** A closed-loop load: each connection sends its next request when the last one was answered. */
import { Agent, request as httpRequest } from "node:http";

export interface LoadRequest {
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
}

export interface LoadResult {
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Milliseconds of each answer 200, shortest first. */
  latencies: number[];
  /** Answers other than 200 by their status, and connections that failed as 0. */
  errors: Record<number, number>;
}

function send(url: URL, agent: Agent, { method, headers, body }: LoadRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { agent, method, headers }, (response) => {
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", reject);
      response.resume();
    });
    request.on("error", reject);
    request.end(body);
  });
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Runs for a time with a number of connections. Bounded in both; loopback only. */
export async function runLoad(input: {
  url: string;
  connections: number;
  milliseconds: number;
  next: () => LoadRequest;
}): Promise<LoadResult> {
  const url = new URL(input.url);
  if (!["localhost", "127.0.0.1"].includes(url.hostname))
    throw new Error("benches send to this machine alone");
  const agent = new Agent({ keepAlive: true, maxSockets: input.connections });
  const latencies: number[] = [];
  const errors: Record<number, number> = {};
  const startedAt = performance.now();
  const end = startedAt + input.milliseconds;
  const connection = async () => {
    while (performance.now() < end) {
      const before = performance.now();
      const status = await send(url, agent, input.next()).catch(() => 0);
      if (status === 200) latencies.push(performance.now() - before);
      else errors[status] = (errors[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: input.connections }, connection));
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    latencies,
    errors,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return percentile(sorted, 0.5);
}

/**
 * Two loads in turns, so that whatever else the machine does falls on both. The rate is the median of the rounds';
 * percentiles are of all rounds' answers together.
 */
export async function interleave(input: {
  rounds: number;
  ours: () => Promise<LoadResult>;
  floor: () => Promise<LoadResult>;
}): Promise<{ ours: LoadResult; floor: LoadResult; ratio: number }> {
  const ours: LoadResult[] = [];
  const floor: LoadResult[] = [];
  for (let round = 0; round < input.rounds; round += 1) {
    floor.push(await input.floor());
    ours.push(await input.ours());
  }
  const summary = { ours: summarise(ours), floor: summarise(floor) };
  return { ...summary, ratio: summary.ours.requestsPerSecond / summary.floor.requestsPerSecond };
}

function summarise(results: readonly LoadResult[]): LoadResult {
  const latencies = results.flatMap((one) => one.latencies).sort((a, b) => a - b);
  return {
    requestsPerSecond: median(results.map((one) => one.requestsPerSecond)),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    latencies,
    errors: results.reduce((sum, one) => added(sum, one.errors), {}),
  };
}

function added(sum: Record<number, number>, more: Record<number, number>): Record<number, number> {
  const total = { ...sum };
  for (const [status, count] of Object.entries(more))
    total[Number(status)] = (total[Number(status)] ?? 0) + count;
  return total;
}

/** @throws Error that names the statuses, where a load met any other than 200 */
export function expectNoErrors(path: string, ...results: readonly LoadResult[]): void {
  const errors = results.reduce((sum, one) => added(sum, one.errors), {});
  if (Object.keys(errors).length > 0)
    throw new Error(`${path} was not answered 200: ${JSON.stringify(errors)}`);
}
