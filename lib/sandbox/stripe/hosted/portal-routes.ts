/** `/portal/<session>`: the billing portal. Works without JavaScript. */
import type { Context, Hono } from "hono";
import {
  cancelInPortal,
  cardAwaitsAuthentication,
  changeCard,
  currentSubscription,
  finishCardAuthentication,
  offeredPrices,
  resumeInPortal,
  switchPlan,
} from "../domain/portal";
import type { World } from "../world";
import { readCardForm } from "./card-form";
import { authenticationPage, plainPage } from "./checkout-page";
import { cancelPage, cardPage, type PortalView, planPage, portalHome } from "./portal-pages";

/** A link into the portal is for now, not for keeping. Seconds. */
const SESSION_LIFE = 24 * 3600;

const DONE: Record<string, string> = {
  plan: "Your plan is switched.",
  cancel: "Your plan is cancelled. You can resume it until it ends.",
  resume: "Your plan goes on.",
  card: "Your new card is saved.",
};

const EMPTY_CARD = { number: "", expiry: "", cvc: "", name: "" };

type Step = (view: PortalView, context: Context) => Response | Promise<Response>;

export function registerPortalPages(app: Hono, world: World, settle: () => void): void {
  const withView =
    (step: Step) =>
    async (context: Context): Promise<Response> => {
      settle();
      const view = findView(world, context.req.param("id") ?? "");
      return view
        ? step(view, context)
        : plainPage("This link has expired", "Open the billing page of the app again.", null, 404);
    };

  app.get(
    "/portal/:id",
    withView((view, context) => {
      const deepLink = context.req.query("home") ? null : deepLinkOf(view);
      if (deepLink) return context.redirect(deepLink, 303);
      return portalHome(view, DONE[context.req.query("done") ?? ""] ?? null);
    }),
  );

  registerPlanPages(app, withView);
  registerCardPages(app, withView);
}

function registerPlanPages(
  app: Hono,
  withView: (step: Step) => (context: Context) => Promise<Response>,
): void {
  app.get(
    "/portal/:id/plan",
    withView((view, context) => {
      const allowed = view.subscription && view.configuration.features.subscription_update.enabled;
      if (!view.subscription || !allowed) return goHome(view, context);
      const chosen = view.session.flow?.subscription_update_confirm?.items[0]?.price ?? null;
      return planPage(view, view.subscription, chosen);
    }),
  );

  app.post(
    "/portal/:id/plan",
    withView(async (view, context) => {
      const form = new URLSearchParams(await context.req.text());
      const { world, configuration, subscription } = view;
      if (!subscription || !configuration.features.subscription_update.enabled) return goHome(view, context);
      const price = offeredPrices(world, configuration, subscription).find(
        (offer) => offer.id === form.get("price"),
      );
      if (!price) return planPage({ ...view, problem: "Choose one of the plans below." }, subscription, null);
      const outcome = switchPlan(world, configuration, subscription, price);
      if (outcome.kind === "switched") return afterFlow(view, context, "plan");
      const problem = `${outcome.message} Your plan stays as it was.`;
      return planPage({ ...view, problem }, subscription, price.id);
    }),
  );

  app.get(
    "/portal/:id/cancel",
    withView((view, context) => {
      const { subscription, configuration } = view;
      const allowed =
        configuration.features.subscription_cancel.enabled && !subscription?.cancel_at_period_end;
      return subscription && allowed ? cancelPage(view, subscription) : goHome(view, context);
    }),
  );

  app.post(
    "/portal/:id/cancel",
    withView((view, context) => {
      const { subscription, configuration, world } = view;
      if (!subscription || !configuration.features.subscription_cancel.enabled) return goHome(view, context);
      cancelInPortal(world, configuration, subscription);
      return afterFlow(view, context, "cancel");
    }),
  );

  app.post(
    "/portal/:id/resume",
    withView((view, context) => {
      if (view.subscription?.cancel_at_period_end) resumeInPortal(view.world, view.subscription);
      return context.redirect(`/portal/${view.session.id}?home=1&done=resume`, 303);
    }),
  );
}

function registerCardPages(
  app: Hono,
  withView: (step: Step) => (context: Context) => Promise<Response>,
): void {
  app.get(
    "/portal/:id/card",
    withView((view, context) => {
      if (!view.configuration.features.payment_method_update.enabled) return goHome(view, context);
      const failed = context.req.query("authentication") === "failed";
      const problem = failed ? "We could not confirm that this card is yours, so it was not saved." : null;
      return cardPage({ ...view, problem }, EMPTY_CARD, {}, 200);
    }),
  );

  app.post(
    "/portal/:id/card",
    withView(async (view, context) => {
      const form = new URLSearchParams(await context.req.text());
      const { world, session } = view;
      if (!view.configuration.features.payment_method_update.enabled) return goHome(view, context);
      const read = readCardForm(form, world.now() * 1000, false);
      if (!read.ok) return cardPage(view, read.values, read.errors, 422);
      const email = world.get("customers", session.customer)?.email ?? null;
      const outcome = changeCard(world, session, { ...read.payment, email });
      if (outcome.kind === "requires_action") return context.redirect(`/portal/${session.id}/3ds`, 303);
      if (outcome.kind !== "declined") return afterFlow(view, context, "card");
      return cardPage(
        { ...view, problem: outcome.decline.message },
        { ...EMPTY_CARD, name: read.payment.name },
        {},
        402,
      );
    }),
  );

  app.get(
    "/portal/:id/3ds",
    withView((view, context) => {
      const { id } = view.session;
      if (!cardAwaitsAuthentication(view.world, view.session))
        return context.redirect(`/portal/${id}?home=1`, 303);
      return authenticationPage(`/portal/${id}/3ds`, `/portal/${id}/card`, []);
    }),
  );

  app.post(
    "/portal/:id/3ds",
    withView(async (view, context) => {
      const form = new URLSearchParams(await context.req.text());
      const { world, session } = view;
      if (!cardAwaitsAuthentication(world, session))
        return context.redirect(`/portal/${session.id}?home=1`, 303);
      const problem = finishCardAuthentication(world, session, form.get("result") === "complete");
      if (problem) return context.redirect(`/portal/${session.id}/card?authentication=failed`, 303);
      return afterFlow(view, context, "card");
    }),
  );
}

function findView(world: World, id: string): PortalView | null {
  const session = world.get("portal_sessions", id);
  if (!session || session.created + SESSION_LIFE < world.now()) return null;
  const configuration = world.get("portal_configurations", session.configuration);
  if (!configuration || !world.get("customers", session.customer)) return null;
  return { world, session, configuration, subscription: currentSubscription(world, session.customer) };
}

/** Where a session that was made for one task begins. */
function deepLinkOf({ session }: PortalView): string | null {
  switch (session.flow?.type) {
    case "payment_method_update":
      return `/portal/${session.id}/card`;
    case "subscription_cancel":
      return `/portal/${session.id}/cancel`;
    case "subscription_update":
    case "subscription_update_confirm":
      return `/portal/${session.id}/plan`;
    default:
      return null;
  }
}

function goHome({ session }: PortalView, context: Context): Response {
  return context.redirect(`/portal/${session.id}?home=1`, 303);
}

/** What follows a finished task: as the session's flow asks, else the portal's first page. */
function afterFlow({ session }: PortalView, context: Context, done: string): Response | Promise<Response> {
  const after = session.flow?.after_completion;
  if (after?.type === "redirect" && after.redirect) return context.redirect(after.redirect.return_url, 303);
  if (after?.type === "hosted_confirmation") {
    const message = after.hosted_confirmation?.custom_message ?? DONE[done] ?? "Done.";
    const link = session.return_url ? { href: session.return_url, label: "Back to the app" } : null;
    return plainPage("All set", message, link);
  }
  return context.redirect(`/portal/${session.id}?home=1&done=${done}`, 303);
}
