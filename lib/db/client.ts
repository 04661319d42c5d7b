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

/**
 * The process's connections; made at first use, so that a build needs no database. Prisma works over the same pool;
 * only what is asked so often that the client's overhead shows (the inbox's insert) uses it directly.
 */
export function pool(): pg.Pool {
  return processSingleton("pool", () => {
    const connections = new pg.Pool({
      connectionString: env.DATABASE_URL,
      max: POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    // An idle connection that breaks is replaced at the next use; unheard, this event would end the process.
    connections.on("error", (error) => logger.warn(errorFields(error), "an idle database connection broke"));
    return connections;
  });
}

/** One for the circuits, one for the counts: each sends one small statement at a time. */
const INTEGRATION_POOL_SIZE = 2;
const INTEGRATION_TIMEOUT_MS = 1_000;
/** A call waits 50 ms for the circuits: less than a new connection to a distant database may take. */
const INTEGRATION_IDLE_MS = 60_000;

/**
 * What the integrations' circuits and counts go through: never kept waiting by the business, never part of its
 * transactions. The time limit is the client's own: connection poolers refuse `statement_timeout` at the start.
 */
export function integrationPool(): pg.Pool {
  return processSingleton("integration-pool", () => {
    const connections = new pg.Pool({
      connectionString: env.DATABASE_URL,
      max: INTEGRATION_POOL_SIZE,
      connectionTimeoutMillis: INTEGRATION_TIMEOUT_MS,
      query_timeout: INTEGRATION_TIMEOUT_MS,
      idleTimeoutMillis: INTEGRATION_IDLE_MS,
      keepAlive: true,
    });
    connections.on("error", (error) => logger.warn(errorFields(error), "an idle database connection broke"));
    return connections;
  });
}

/** The process's client. */
export function db(): PrismaClient {
  return processSingleton("prisma", () => new PrismaClient({ adapter: new PrismaPg(pool()) }));
}
