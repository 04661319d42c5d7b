import { PrismaPg } from "@prisma/adapter-pg";
import { env } from "@/lib/env";
import { processSingleton } from "@/lib/process-singleton";
import { type Prisma, PrismaClient } from "@/prisma/generated/client";

/** A transaction's client, or the plain one. */
export type Database = Prisma.TransactionClient;

/** Connections that one process may hold; a serverless instance handles few requests at once. */
const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 4_000;

function connect(): PrismaClient {
  return new PrismaClient({
    adapter: new PrismaPg({
      connectionString: env.DATABASE_URL,
      max: POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    }),
  });
}

/** The process's client; made at first use, so that a build needs no database. */
export function db(): PrismaClient {
  return processSingleton("prisma", connect);
}
