import type { WorkSource } from "@/lib/pump/work";

/** As many at once as a run begins. */
const BATCH = 5;

/** Does one batch of a source's work and no more: a run would look again. */
export async function runBatch<Item>(source: WorkSource<Item>): Promise<void> {
  const { workFrom } = await import("@/lib/pump/work");
  const pieces = await workFrom(source).claim(BATCH);
  await Promise.all(pieces.map((piece) => piece.run()));
}
