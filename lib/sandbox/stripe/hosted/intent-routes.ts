/** 3-D Secure for intents that the API itself confirmed: where their `next_action` leads. */
import type { Context, Hono } from "hono";
import { attachMethod, confirmPayment, failAuthentication } from "../domain/payments";
import { failSetUp, setUpCard } from "../domain/set-up-card";
import type { PaymentIntent, SetupIntent } from "../wire";
import type { World } from "../world";
import { authenticationPage, plainPage } from "./checkout-page";

export function registerIntentPages(app: Hono, world: World): void {
  const findPayment = (context: Context) => world.get("payment_intents", context.req.param("id") ?? "");
  const findSetup = (context: Context) => world.get("setup_intents", context.req.param("id") ?? "");

  app.get("/payment_intents/:id/3ds", async (context): Promise<Response> => ask(findPayment(context)));
  app.get("/setup_intents/:id/3ds", async (context): Promise<Response> => ask(findSetup(context)));

  app.post("/payment_intents/:id/3ds", async (context): Promise<Response> => {
    const passed = await hasPassed(context);
    const intent = findPayment(context);
    if (intent?.status !== "requires_action" || !intent.payment_method) return nothingToConfirm();
    const { payment_method: method, customer } = intent;
    const returnUrl = returnUrlOf(intent);
    if (!passed) failAuthentication(world, intent.id);
    else {
      const options = { authenticated: true, authenticationUrl: "", returnUrl };
      const outcome = confirmPayment(world, intent.id, method, options);
      if (outcome.kind === "succeeded" && intent.setup_future_usage && customer) {
        attachMethod(world, method, customer);
      }
    }
    return finish(context, returnUrl);
  });

  app.post("/setup_intents/:id/3ds", async (context): Promise<Response> => {
    const passed = await hasPassed(context);
    const intent = findSetup(context);
    if (intent?.status !== "requires_action" || !intent.payment_method) return nothingToConfirm();
    const returnUrl = returnUrlOf(intent);
    const options = { authenticated: true, authenticationUrl: "", returnUrl };
    if (passed) setUpCard(world, intent.id, intent.payment_method, options);
    else failSetUp(world, intent.id);
    return finish(context, returnUrl);
  });
}

type Intent = PaymentIntent | SetupIntent;

function ask(intent: Intent | undefined): Promise<Response> {
  if (intent?.status !== "requires_action") return nothingToConfirm();
  const kind = intent.object === "payment_intent" ? "payment_intents" : "setup_intents";
  const returnUrl = returnUrlOf(intent);
  const targets = returnUrl && URL.canParse(returnUrl) ? [new URL(returnUrl).origin] : [];
  return authenticationPage(`/${kind}/${intent.id}/3ds`, null, targets);
}

async function hasPassed(context: Context): Promise<boolean> {
  return new URLSearchParams(await context.req.text()).get("result") === "complete";
}

function returnUrlOf(intent: Intent): string | null {
  return intent.next_action?.redirect_to_url?.return_url ?? null;
}

function finish(context: Context, returnUrl: string | null): Response | Promise<Response> {
  return returnUrl ? context.redirect(returnUrl, 303) : plainPage("Done", "You can close this page.", null);
}

function nothingToConfirm(): Promise<Response> {
  return plainPage("There is nothing to confirm", "This payment is not waiting for you.", null, 404);
}
