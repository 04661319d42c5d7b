import { connect, createServer } from "node:net";

/** True when a server could listen on this loopback port now, on IPv4 and (where there is one) IPv6. */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) {
    if ((await tryListen(port, host)) === "busy") return false;
    // macOS lets us bind 127.0.0.1 although someone listens on 0.0.0.0: only connecting tells.
    if (await answers(port, host)) return false;
  }
  return true;
}

/** A free port chosen by the operating system. */
export async function freePort(): Promise<number> {
  const result = await tryListen(0, "127.0.0.1");
  if (typeof result !== "number") throw new Error("No free port could be found on 127.0.0.1.");
  return result;
}

/** The wanted port if it is free, else the next free one (so that a second clone gets 3001, not 48213). */
export async function portOrNext(wanted: number, taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + 50, 65_536); port++) {
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  return freePort();
}

function answers(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 500 });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}

function tryListen(port: number, host: string): Promise<number | "busy" | "unavailable"> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      // A machine without IPv6 answers EADDRNOTAVAIL or EAFNOSUPPORT: nothing can be listening there.
      const missing = error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT";
      resolve(missing ? "unavailable" : "busy");
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}
