import { db } from "@/lib/db/client";
import { bury } from "@/lib/db/tombstones";
import type { Finish } from "./finish";

/** Notes that the vendor does not know an object: what was read of it before that is not written any more. */
export async function recordGone(input: {
  externalId: string;
  fence: bigint;
  finish: Finish;
}): Promise<void> {
  const { externalId, fence, finish } = input;
  await db().$transaction(async (tx) => {
    await bury(tx, { externalId, fence });
    await finish(tx);
  });
}
