/**
 * The REST client of adapters without an SDK: base address, key, JSON out and in, failures as `IntegrationError`, all
 * of it through the policy. What a vendor's statuses and headers mean, the vendor's adapter says.
 */
import type { IntegrationError } from "@/lib/errors/integration-error";
import type { Attempt, CallDescription, Effect, Quota } from "@/lib/resilience/call";
import type { Policy } from "@/lib/resilience/policy";
import { type Answer, exchange, jsonOf } from "./exchange";
import { fromNetworkFailure } from "./network-error";

export interface RestClientOptions {
  provider: string;
  /** Without a slash at its end. */
  baseUrl: string;
  /** Sent with each request: the key, for one. */
  headers: Record<string, string>;
  policy: Policy;
  /** What an answer means that is no success. */
  toError(answer: Answer, operation: string): IntegrationError;
  /** What an answer's headers tell of the request and of the vendor's limits. */
  observed(headers: Headers): { requestId: string | null; quota: Quota | null };
  /** Another than the global one. */
  fetch?: typeof fetch;
}

export interface RestRequest {
  method: "GET" | "POST" | "DELETE";
  /** From the base address on, with its query. */
  path: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Statuses that the caller takes for an answer although they are no success. */
  alsoAnswers?: readonly number[];
}

export interface RestAnswer {
  status: number;
  headers: Headers;
  /** Parsed JSON of a success; null where there was none, and for any other status. */
  body: unknown;
}

export interface RestClient {
  /** @throws IntegrationError */
  call(description: CallDescription, request: RestRequest): Promise<RestAnswer>;
  /** The same as the probe of a circuit; says whether there was anything to probe. */
  probe(circuit: Effect, request: RestRequest): Promise<boolean>;
}

export function createRestClient(options: RestClientOptions): RestClient {
  const { provider, policy } = options;

  function ask({ method, path, json }: RestRequest, signal: AbortSignal): Promise<Answer> {
    const content: Record<string, string> = json === undefined ? {} : { "content-type": "application/json" };
    return exchange({
      url: `${options.baseUrl}${path}`,
      method,
      headers: { accept: "application/json", ...content, ...options.headers },
      body: json === undefined ? undefined : JSON.stringify(json),
      signal,
      fetch: options.fetch,
    });
  }

  async function attempt(
    operation: string,
    request: RestRequest,
    { signal, observe }: Attempt,
  ): Promise<RestAnswer> {
    const misread = (error: unknown) => {
      throw fromNetworkFailure(error, { provider, operation, signal });
    };
    const answer = await ask(request, signal).catch(misread);
    const { status, headers } = answer;
    observe(options.observed(headers));
    if (status >= 200 && status < 300) return { status, headers, body: await jsonOf(answer).catch(misread) };
    if (request.alsoAnswers?.includes(status)) return { status, headers, body: null };
    throw options.toError(answer, operation);
  }

  return {
    call: (description, request) =>
      policy(description, (given) => attempt(description.operation, request, given)),
    probe: (circuit, request) => policy.probe(circuit, (given) => attempt("probe", request, given)),
  };
}
