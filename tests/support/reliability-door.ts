/** A TCP proxy before a database: open, shut (it takes bytes and passes nothing on, as a frozen one does) or gone. */
import { type AddressInfo, connect as connectTo, createServer, type Server, type Socket } from "node:net";

/** @param target the database's URL; the answer's `url` leads to the same one, through the door */
export async function openDoor(target: URL) {
  const pairs = new Set<[Socket, Socket]>();
  let isShut = false;
  const server = createServer((inner) => {
    const outer = connectTo(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [inner, outer];
    pairs.add(pair);
    for (const [from, to] of [pair, [outer, inner] as const]) {
      if (isShut) from.pause();
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  const port = await listen(server, 0);
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  const each = (act: (socket: Socket) => void) => {
    for (const pair of pairs) for (const socket of pair) act(socket);
  };
  const close = async () => {
    each((socket) => socket.destroy());
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: url.href,
    shut: () => {
      isShut = true;
      each((socket) => socket.pause());
    },
    open: () => {
      isShut = false;
      each((socket) => socket.resume());
    },
    /** Every connection breaks and every new one is refused, as when the server was stopped. */
    remove: close,
    /** Takes that back. */
    restore: async () => {
      await listen(server, port);
    },
    stop: close,
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
