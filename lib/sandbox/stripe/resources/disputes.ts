import { acceptDispute, answerDispute } from "../domain/disputes";
import { findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import { mergeMetadata, type Params } from "../http/params";
import type { Api } from "../http/router";
import type { Dispute } from "../wire";
import type { World } from "../world";

export function registerDisputes(api: Api, world: World): void {
  api.get("/v1/disputes", ({ params }) => {
    const page = readPage(params);
    const charge = params.string("charge");
    const intent = params.string("payment_intent");
    const created = params.timeRange("created");
    params.finish();
    const rows = world.list("disputes").filter((dispute) => {
      if (charge !== undefined && dispute.charge !== charge) return false;
      if (intent !== undefined && dispute.payment_intent !== intent) return false;
      return dispute.created >= created.from && dispute.created <= created.to;
    });
    return paginate(rows, page, "/v1/disputes", "dispute");
  });

  api.get("/v1/disputes/:id", ({ params, path }) => {
    params.finish();
    return findByPath(world, "disputes", path("id"));
  });

  api.post("/v1/disputes/:id", ({ params, path }) => {
    const dispute = findByPath(world, "disputes", path("id"));
    const evidence = readEvidence(params.object("evidence"), dispute);
    const metadata = mergeMetadata(dispute.metadata, params.metadata());
    // Handed in unless told to wait, as soon as there is evidence.
    const submits = params.boolean("submit") ?? Object.keys(evidence).length > 0;
    params.ignore("intended_submission_method");
    params.finish();
    return answerDispute(world, dispute, { evidence, metadata, submits });
  });

  api.post("/v1/disputes/:id/close", ({ params, path }) => {
    params.finish();
    return acceptDispute(world, findByPath(world, "disputes", path("id")));
  });
}

function readEvidence(params: Params | undefined, dispute: Dispute): Partial<Dispute["evidence"]> {
  if (!params) return {};
  params.ignore("appeal", "enhanced_evidence");
  const fields = Object.keys(dispute.evidence).filter(
    (name) => name !== "appeal" && name !== "enhanced_evidence",
  );
  const given = fields.map((name) => [name, params.nullableString(name)] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
