/** A vendor that gives every call the same answer: for what no stand-in can be brought to say. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface CannedAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** The exact text. */
  body?: string;
}

export async function answeringServer({ status = 200, headers = {}, body = "" }: CannedAnswer) {
  const requests: { path: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What it was asked, oldest first. */
    requests,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
