/** What the vendor does by itself a moment later, on the real clock: refunds that fail, banks that decide. */
import type { LaterRecord } from "../tables";
import type { World } from "../world";
import { settleAsyncPayment } from "./async-payments";
import { beginTestedDispute, decideDispute } from "./disputes";
import { settleRefund } from "./refunds";

const TASKS: Record<
  LaterRecord["task"],
  (world: World, id: string, outcome: LaterRecord["outcome"]) => void
> = {
  async_payment: settleAsyncPayment,
  begin_dispute: beginTestedDispute,
  decide_dispute: decideDispute,
  refund: settleRefund,
};

/** Lets happen what is due. */
export function settleLater(world: World): void {
  for (const { id, at, task, outcome } of world.list("later")) {
    if (at > world.now()) continue;
    world.remove("later", id);
    TASKS[task](world, id, outcome);
  }
}
