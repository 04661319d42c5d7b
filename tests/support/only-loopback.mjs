/**
 * Preloaded into the processes of the browser tests' stack (NODE_OPTIONS): a connection to another machine is refused
 * and written down in the file that ONLY_LOOPBACK_LOG names, for the tests to find.
 */
import { appendFileSync } from "node:fs";
import { Socket } from "node:net";

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;
const connect = Socket.prototype.connect;

/** Called as connect(options), connect(path) or connect(port, host); undefined for what never leaves the machine. */
function hostOf(parameters) {
  const [first, second] = Array.isArray(parameters[0]) ? parameters[0] : parameters;
  if (typeof first === "object" && first !== null) return first.path === undefined ? first.host : undefined;
  return typeof second === "string" ? second : undefined;
}

Socket.prototype.connect = function connectOnLoopback(...parameters) {
  const host = hostOf(parameters);
  if (host === undefined || host === null || LOOPBACK.test(host)) return connect.apply(this, parameters);
  const log = process.env.ONLY_LOOPBACK_LOG;
  if (log) appendFileSync(log, `${host} (${process.argv.slice(0, 3).join(" ")})\n`);
  this.destroy(new Error(`The browser tests allow no connection to ${host}.`));
  return this;
};
