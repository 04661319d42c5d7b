import { beginAdvance, createTestClock, deleteTestClock } from "../domain/test-clocks";
import { missingParam } from "../http/api-error";
import { findByParam, findByPath } from "../http/find";
import { paginate, readPage } from "../http/paginate";
import type { Params } from "../http/params";
import type { Api } from "../http/router";
import type { World } from "../world";

const PATH = "/v1/test_helpers/test_clocks";

export function registerTestClocks(api: Api, world: World): void {
  api.post(PATH, ({ params }) => {
    const frozenTime = readTime(params);
    const name = params.string("name") ?? null;
    const customerId = params.string("customer");
    params.finish();
    const customer =
      customerId === undefined ? null : findByParam(world, "customers", customerId, "customer");
    return createTestClock(world, { frozenTime, name, customer });
  });

  api.get(PATH, ({ params }) => {
    const page = readPage(params);
    params.finish();
    return paginate(world.list("test_clocks"), page, PATH, "test_clock");
  });

  api.get(`${PATH}/:id`, ({ params, path }) => {
    params.finish();
    return findByPath(world, "test_clocks", path("id"));
  });

  api.delete(`${PATH}/:id`, ({ params, path }) => {
    params.finish();
    const clock = findByPath(world, "test_clocks", path("id"));
    deleteTestClock(world, clock);
    return { id: clock.id, object: clock.object, deleted: true };
  });

  api.post(`${PATH}/:id/advance`, ({ params, path }) => {
    const clock = findByPath(world, "test_clocks", path("id"));
    const target = readTime(params);
    params.finish();
    return beginAdvance(world, clock, target);
  });
}

function readTime(params: Params): number {
  const time = params.integer("frozen_time", { minimum: 0 });
  if (time === undefined) throw missingParam("frozen_time");
  return time;
}
