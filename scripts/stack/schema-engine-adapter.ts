import { randomUUID } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import pg from "pg";
import { withClient } from "./database-client";

/**
 * The database connection that the schema engine works through: Prisma's own adapter for `pg`, with three
 * corrections that migrations need and queries of an app do not.
 *
 * - One connection only: the engine takes an advisory lock and sets session variables, which a pool would
 *   spread over several sessions.
 * - A script runs whole. The adapter cuts it at every ";" and runs each piece in a transaction of its own, which
 *   breaks function bodies and leaves half a migration behind; Prisma's native engine sends it whole.
 * - PostgreSQL's internal type "char" (pg_type oid 18) is passed on as a character. The adapter does not know it, and the
 *   engine reads such columns of the catalogue (since PostgreSQL 18, for every NOT NULL).
 */
export function schemaEngineAdapter(url: string) {
  const opened: Adapter[] = [];
  const remember = (adapter: Adapter) => {
    opened.push(adapter);
    return adapter;
  };
  const factory = new PrismaPg({ connectionString: url });
  factory.connect = async () => remember(await openAdapter(url));
  factory.connectToShadowDb = async () => remember(await openShadow(url));
  return {
    adapter: bindMigrationAwareSqlAdapterFactory(factory),
    /** The engine never closes what it opened, and an open session keeps the migration lock. */
    close: async () => {
      for (const adapter of opened) await adapter.dispose();
    },
  };
}

type Adapter = Awaited<ReturnType<PrismaPg["connect"]>>;

async function openAdapter(url: string): Promise<Adapter> {
  const pool = new CataloguePool({ connectionString: url, max: 1 });
  // See withClient.
  pool.on("error", () => undefined);
  const adapter = await new PrismaPg(pool).connect();
  let closed: Promise<void> | undefined;
  adapter.dispose = () => {
    closed ??= pool.end();
    return closed;
  };
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    const columnTypes = result.columnTypes.map((type) =>
      type === MARKER_TYPE ? ColumnTypeEnum.Character : type,
    );
    return { ...result, columnTypes };
  };
  adapter.executeScript = async (script) => {
    // Through the adapter's own path, so that errors arrive in the form that the engine understands.
    await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
  };
  return adapter;
}

/**
 * An empty database beside the real one, in which the engine replays the migrations, dropped afterwards.
 * (The adapter's own would be the real database: in `pg`, a connection string wins over `database`.)
 */
async function openShadow(url: string): Promise<Adapter> {
  const shadow = new URL(url);
  const name = `shadow_${randomUUID().replaceAll("-", "")}`;
  shadow.pathname = `/${name}`;
  await withClient(url, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  const adapter = await openAdapter(shadow.href);
  const close = adapter.dispose.bind(adapter);
  let closed: Promise<void> | undefined;
  adapter.dispose = () => {
    closed ??= closeAndDrop();
    return closed;
  };
  const closeAndDrop = async () => {
    await close();
    await withClient(url, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  };
  return adapter;
}

const OID_OF_INTERNAL_CHAR = 18;
/** "char"[], which the engine never reads: marks a "char" on its way through the adapter. */
const OID_OF_MARKER = 1002;
const MARKER_TYPE = ColumnTypeEnum.CharacterArray;

/** A class because the adapter asks `instanceof pg.Pool`. */
class CataloguePool extends pg.Pool {
  override query = async (...parameters: unknown[]) => {
    const client = await this.connect();
    try {
      const result = (await (client.query as (...all: unknown[]) => Promise<pg.QueryResult>).apply(
        client,
        parameters,
      )) as pg.QueryResult | pg.QueryResult[];
      return markInternalChar(result);
    } finally {
      client.release();
    }
  };
}

/** A script of several statements answers with a list; the adapter wants one result. */
function markInternalChar(result: pg.QueryResult | pg.QueryResult[]): pg.QueryResult {
  const last = Array.isArray(result) ? result[result.length - 1] : result;
  if (last === undefined) throw new Error("The database answered a script with nothing.");
  for (const field of last.fields ?? []) {
    if (field.dataTypeID === OID_OF_INTERNAL_CHAR) field.dataTypeID = OID_OF_MARKER;
  }
  return last;
}
