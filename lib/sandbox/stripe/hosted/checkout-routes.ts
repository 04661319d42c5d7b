/** `/pay/<session>`: the hosted checkout. Works without JavaScript. */
import type { Context, Hono } from "hono";
import {
  awaitsAuthentication,
  type CheckoutOutcome,
  dueToday,
  finishAuthentication,
  payCheckout,
  successUrlOf,
} from "../domain/checkout";
import type { CheckoutSession } from "../wire";
import type { World } from "../world";
import { readCardForm } from "./card-form";
import { type CheckoutView, checkoutAuthenticationPage, checkoutPage, plainPage } from "./checkout-page";

/** @param settle lets an expiry that is due happen before the page looks */
export function registerCheckoutPages(app: Hono, world: World, settle: () => void): void {
  const find = (context: Context): CheckoutSession | undefined => {
    settle();
    return world.get("checkout_sessions", context.req.param("id") ?? "");
  };

  app.get("/pay/:id", async (context): Promise<Response> => {
    const session = find(context);
    if (session?.status !== "open") return closedPage(session);
    const failed = context.req.query("authentication") === "failed";
    const problem = failed
      ? "We could not confirm that this card is yours, so nothing was charged. Try again or use another card."
      : null;
    return showForm(world, session, { problem });
  });

  app.post("/pay/:id", async (context): Promise<Response> => {
    const form = new URLSearchParams(await context.req.text());
    const session = find(context);
    // A second click after the first was paid goes where the first went.
    if (session?.status === "complete") return afterPayment(context, session);
    if (session?.status !== "open") return closedPage(session);
    const read = readCardForm(form, world.now() * 1000, true);
    if (!read.ok) return showForm(world, session, { values: read.values, errors: read.errors, status: 422 });
    const outcome = payCheckout(world, session.id, read.payment);
    const values = {
      ...read.payment,
      number: read.payment.card.number,
      expiry: expiryOf(read.payment),
      cvc: "",
    };
    return follow(context, world, session.id, outcome, values);
  });

  app.get("/pay/:id/3ds", async (context): Promise<Response> => {
    const session = find(context);
    if (session?.status !== "open") return closedPage(session);
    if (!awaitsAuthentication(world, session.id)) return context.redirect(`/pay/${session.id}`, 303);
    return checkoutAuthenticationPage(session);
  });

  app.post("/pay/:id/3ds", async (context): Promise<Response> => {
    const form = new URLSearchParams(await context.req.text());
    const session = find(context);
    if (session?.status === "complete") return afterPayment(context, session);
    if (session?.status !== "open") return closedPage(session);
    if (!awaitsAuthentication(world, session.id)) return context.redirect(`/pay/${session.id}`, 303);
    const outcome = finishAuthentication(world, session.id, form.get("result") === "complete");
    if (outcome.kind === "declined") return context.redirect(`/pay/${session.id}?authentication=failed`, 303);
    return follow(context, world, session.id, outcome);
  });
}

function follow(
  context: Context,
  world: World,
  id: string,
  outcome: CheckoutOutcome,
  values?: CheckoutView["values"],
): Response | Promise<Response> {
  const session = world.need("checkout_sessions", id);
  switch (outcome.kind) {
    case "complete":
      return afterPayment(context, session);
    case "requires_action":
      return context.redirect(`/pay/${id}/3ds`, 303);
    case "declined":
      return showForm(world, session, { problem: outcome.message, status: 402, values });
  }
}

function afterPayment(context: Context, session: CheckoutSession): Response | Promise<Response> {
  const url = successUrlOf(session);
  return url ? context.redirect(url, 303) : closedPage(session);
}

function showForm(world: World, session: CheckoutSession, view: Partial<CheckoutView>): Promise<Response> {
  const record = world.need("checkout_records", session.id);
  const email = session.customer_details?.email ?? session.customer_email ?? "";
  const name = session.customer_details?.name ?? "";
  const values = view.values ?? { email, number: "", expiry: "", cvc: "", name };
  return checkoutPage({
    session,
    record,
    dueToday: dueToday(world, session),
    errors: {},
    problem: null,
    ...view,
    values,
  });
}

function closedPage(session: CheckoutSession | undefined): Promise<Response> {
  if (!session) {
    return plainPage(
      "There is no such checkout",
      "The link is wrong, or the sandbox was reset since.",
      null,
      404,
    );
  }
  if (session.status === "complete") {
    const href = successUrlOf(session);
    const message = "This order is paid. There is nothing more to do here.";
    return plainPage("Already paid", message, href ? { href, label: "Go on" } : null);
  }
  const link = session.cancel_url ? { href: session.cancel_url, label: "Go back" } : null;
  return plainPage("This checkout has expired", "Nothing was charged. Go back and begin again.", link, 410);
}

function expiryOf({ expMonth, expYear }: { expMonth: number; expYear: number }): string {
  return `${String(expMonth).padStart(2, "0")} / ${String(expYear).slice(-2)}`;
}
