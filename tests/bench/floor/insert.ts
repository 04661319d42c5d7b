import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 });

/**
 * What an acknowledgement is measured against: stores the same bytes in a table of the same shape and indexes, and does
 * nothing else; no check, no signature.
 */
export async function POST(request: Request): Promise<Response> {
  const body = await request.text();
  const event = JSON.parse(body);
  await pool.query(
    `INSERT INTO floor_event
       (id, provider, account, external_id, type, mode, api_version, object_id, payload, status, occurred_at)
     VALUES (gen_random_uuid(), 'stripe', '', $1, $2, 'SANDBOX', $3, $4, $5, 'IGNORED', now())
     ON CONFLICT (provider, account, external_id) DO NOTHING`,
    [event.id, event.type, event.api_version, event.data.object.id, body],
  );
  return new Response(null, { status: 200 });
}
