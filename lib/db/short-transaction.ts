import type { Pool, PoolClient } from "pg";

/**
 * A few statements over one connection, all or none. Ends by itself, also where this process stands still in the middle:
 * what it has locked, others wait for or pass over.
 * @param settings what `SET LOCAL` is to set: poolers keep no other settings
 */
export async function shortTransaction<T>(
  pool: Pick<Pool, "connect">,
  settings: Record<string, string | number> & { statement_timeout: number },
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks rejects its query; unheard, the event would end the process.
  const heard = () => undefined;
  client.on("error", heard);
  let isDone = false;
  try {
    const local = { idle_in_transaction_session_timeout: 2_000, ...settings };
    const sets = Object.entries(local).map(([name, value]) => `SET LOCAL ${name} = ${value}`);
    await client.query(["BEGIN", ...sets].join("; "));
    const answer = await work(client);
    await client.query("COMMIT");
    isDone = true;
    return answer;
  } finally {
    client.off("error", heard);
    // A connection that failed is closed, and with it goes what it had begun.
    client.release(!isDone);
  }
}
