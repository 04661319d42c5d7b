import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { env } from "@/lib/env";
import { errorFields, logger } from "@/lib/logger";
import { processSingleton } from "@/lib/process-singleton";
import { type Prisma, PrismaClient } from "@/prisma/generated/client";

/** A transaction's client, or the plain one. */
export type Database = Prisma.TransactionClient;

/** Connections that one process may hold; a serverless instance handles few requests at once. */
const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 4_000;
/** No query of ours is long; one that never answers would hold its connection, and the pump, for ever. */
const QUERY_TIMEOUT_MS = 10_000;

interface Connections {
  name: string;
  /** How many at most. */
  size: number;
  connectMs: number;
  queryMs: number;
  /** An idle one is closed after so long; the driver's 10 seconds if unset. */
  idleMs?: number;
}

/**
 * Made at first use, so that a build needs no database. The time limit is the client's own: connection poolers refuse
 * `statement_timeout` at the start.
 */
function connections({ name, size, connectMs, queryMs, idleMs }: Connections): pg.Pool {
  return processSingleton(name, () => {
    const made = new pg.Pool({
      connectionString: env.DATABASE_URL,
      max: size,
      connectionTimeoutMillis: connectMs,
      query_timeout: queryMs,
      idleTimeoutMillis: idleMs,
      keepAlive: true,
    });
    // An idle connection that breaks is replaced at the next use; unheard, this event would end the process.
    made.on("error", (error) => logger.warn(errorFields(error), "an idle database connection broke"));
    return made;
  });
}

/** The process's connections for all business. Prisma works over the same pool. */
export function pool(): pg.Pool {
  return connections({
    name: "pool",
    size: POOL_SIZE,
    connectMs: CONNECT_TIMEOUT_MS,
    queryMs: QUERY_TIMEOUT_MS,
  });
}

/** Each is held for a millisecond, and what comes meanwhile goes together (lib/db/group-commit.ts). */
const INGRESS_POOL_SIZE = 2;

/** What vendors' events are stored through: neither the pump nor a rush of visitors may keep a vendor waiting. */
export function ingressPool(): pg.Pool {
  return connections({
    name: "ingress-pool",
    size: INGRESS_POOL_SIZE,
    connectMs: CONNECT_TIMEOUT_MS,
    queryMs: QUERY_TIMEOUT_MS,
  });
}

/** One for the circuits, one for the counts: each sends one small statement at a time. */
const INTEGRATION_POOL_SIZE = 2;
const INTEGRATION_TIMEOUT_MS = 1_000;
/** A call waits 50 ms for the circuits: less than a new connection to a distant database may take. */
const INTEGRATION_IDLE_MS = 60_000;

/**
 * What the integrations' circuits and counts go through: never kept waiting by the business, never part of its
 * transactions.
 */
export function integrationPool(): pg.Pool {
  return connections({
    name: "integration-pool",
    size: INTEGRATION_POOL_SIZE,
    connectMs: INTEGRATION_TIMEOUT_MS,
    queryMs: INTEGRATION_TIMEOUT_MS,
    idleMs: INTEGRATION_IDLE_MS,
  });
}

/** The process's client. */
export function db(): PrismaClient {
  return processSingleton("prisma", () => new PrismaClient({ adapter: new PrismaPg(pool()) }));
}
