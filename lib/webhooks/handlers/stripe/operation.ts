import { db } from "@/lib/db/client";
import { findOperationById, lastEffectAt } from "@/lib/db/operations";
import { requestSettlement, SYNC_REQUESTS } from "@/lib/sync/request-sync";
import { settleOperation } from "@/lib/sync/settle-operation";
import type { HandlerFamily } from "@/lib/webhooks/handler";

const LOOK_AGAIN_MS = 1_000;

/** A write whose outcome may not be known: looked up, and looked up again once it can no longer take effect. */
export const operationHandlers: HandlerFamily = {
  types: [SYNC_REQUESTS.operation],
  handle: async ({ objectId }, finish) => {
    const operation = await findOperationById(objectId);
    const state = operation && (await settleOperation(operation));
    await db().$transaction(async (tx) => {
      if (operation && state === "OPEN") {
        const next = Math.max(Date.now() + LOOK_AGAIN_MS, lastEffectAt(operation).getTime());
        await requestSettlement(tx, operation, new Date(next));
      }
      await finish(tx, operation?.workspaceId);
    });
  },
};
