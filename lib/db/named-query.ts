/** For the few statements that are sent so often that planning them each time shows. */
import { createHash } from "node:crypto";
import type { Pool, QueryResult, QueryResultRow } from "pg";
import { logger } from "@/lib/logger";
import { processSingleton } from "@/lib/process-singleton";

/** A name that is not known, or that stands for something else already: said before anything was done. */
const NOT_OF_THIS_SESSION = new Set(["26000", "42P05"]);

/** A column has changed its type since the statement was planned; said before anything was done, too. */
const RESULT_CHANGED = "0A000";

/** Whether a pooler stands between that gives each statement another connection, and keeps no names. */
const sharing = processSingleton("named-queries", () => ({ isShared: false }));

/** A statement of ours. Its name is made of its text, so that two versions of the app never mean different ones by it. */
export interface NamedStatement {
  name: string;
  text: string;
}

export function namedStatement(text: string): NamedStatement {
  return { name: `breakwater_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`, text };
}

/**
 * Sends a statement that is planned once for each connection; where connections do not remember, each time.
 * @param send must send it to a connection that is good for another try: after an error, not within the same transaction
 */
export async function sendNamed<T>(
  statement: NamedStatement,
  send: (statement: { name?: string; text: string }) => Promise<T>,
): Promise<T> {
  const { text } = statement;
  if (sharing.isShared) return send({ text });
  try {
    return await send(statement);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === RESULT_CHANGED) return send({ text });
    if (!NOT_OF_THIS_SESSION.has(code)) throw error;
    sharing.isShared = true;
    logger.warn({ code }, "the database's connections are shared: statements are planned each time");
    return send({ text });
  }
}

/** The same for one that is sent by itself. */
export function namedQuery<Row extends QueryResultRow>(
  pool: Pool,
  statement: NamedStatement,
  values: unknown[],
): Promise<QueryResult<Row>> {
  return sendNamed(statement, (named) => pool.query<Row>({ ...named, values }));
}
