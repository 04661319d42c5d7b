import { noSuch } from "../http/api-error";
import type { Api } from "../http/router";
import { makeAccount } from "../objects/make-account";
import type { World } from "../world";

export function registerAccount(api: Api, world: World): void {
  const own = () => {
    const [account] = world.list("account");
    if (!account) throw new Error("The sandbox's account is not laid down.");
    return makeAccount(account.id, account.created);
  };

  api.get("/v1/account", ({ params }) => {
    params.finish();
    return own();
  });

  api.get("/v1/accounts/:id", ({ params, path }) => {
    params.finish();
    const account = own();
    if (account.id !== path("id")) throw noSuch("account", path("id"), "account", 404);
    return account;
  });
}
