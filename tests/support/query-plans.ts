/**
 * What the database does for a question, as its planner tells: the statements that the app really makes are taken
 * down on their way, and explained afterwards.
 */
import pg from "pg";
import { vi } from "vitest";

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Plan Rows": number;
  Plans?: PlanNode[];
}

interface Statement {
  text: string;
  values: unknown[];
}

function statementOf([first, second]: unknown[]): Statement | null {
  if (typeof first === "string") return { text: first, values: Array.isArray(second) ? second : [] };
  if (typeof first !== "object" || first === null || !("text" in first) || typeof first.text !== "string") {
    return null;
  }
  return { text: first.text, values: "values" in first && Array.isArray(first.values) ? first.values : [] };
}

/** The plans of every SELECT that `ask` makes, in their order. */
export async function plansOf(connectionString: string, ask: () => Promise<unknown>): Promise<PlanNode[]> {
  const query = vi.spyOn(pg.Client.prototype, "query");
  await ask();
  const statements = query.mock.calls.flatMap((call) => statementOf(call) ?? []);
  query.mockRestore();
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const plans: PlanNode[] = [];
    for (const { text, values } of statements.filter((one) => /^\s*(SELECT|WITH)\b/i.test(one.text))) {
      const { rows } = await client.query<{ "QUERY PLAN": { Plan: PlanNode }[] }>(
        `EXPLAIN (FORMAT JSON) ${text}`,
        values,
      );
      plans.push(...rows.flatMap((row) => row["QUERY PLAN"].map(({ Plan }) => Plan)));
    }
    return plans;
  } finally {
    await client.end();
  }
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** Steps that read every row of a table. */
export function readsAll(plan: PlanNode, table: string): PlanNode[] {
  return nodesOf(plan).filter((node) => node["Node Type"] === "Seq Scan" && node["Relation Name"] === table);
}

function readsUnbounded(node: PlanNode, table: string): boolean {
  if (node["Node Type"] === "Limit") return false;
  if (node["Relation Name"] === table) return true;
  return (node.Plans ?? []).some((child) => readsUnbounded(child, table));
}

/** An index was read for so few rows that their order does not matter for how long it takes. */
const FEW = 500;

/** Steps that put rows of a table in order which no LIMIT has cut off before: as many as there may be. */
export function sortsMany(plan: PlanNode, table: string): PlanNode[] {
  return nodesOf(plan).filter(
    (node) =>
      /Sort$/.test(node["Node Type"]) &&
      node["Plan Rows"] > FEW &&
      (node.Plans ?? []).some((child) => readsUnbounded(child, table)),
  );
}
