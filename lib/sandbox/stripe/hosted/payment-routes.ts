/** `/payments`: every charge, and a button that plays the customer who disputes it. */
import type { Hono } from "hono";
import { html } from "hono/html";
import { badge, type Markup, page, type Tone, timestamp } from "@/lib/sandbox/ui/page";
import { beginDispute } from "../domain/disputes";
import { formatMoney } from "../domain/money";
import { ApiError } from "../http/api-error";
import type { Charge, Dispute } from "../wire";
import type { World } from "../world";
import { PRODUCT, plainPage } from "./checkout-page";
import { NAVIGATION } from "./navigation";

const ROWS = 50;

export function registerPaymentPages(app: Hono, world: World, settle: () => void): void {
  app.get("/payments", async (): Promise<Response> => {
    settle();
    const body = html`<h1>Payments</h1>
<p class="muted">Every charge, newest first. A dispute takes the money back at once, as a bank would.</p>
${chargeTable(world, world.list("charges").toReversed().slice(0, ROWS))}`;
    return page({ title: "Payments", product: PRODUCT, body, navigation: NAVIGATION, active: "payments" });
  });

  app.post("/payments/:id/dispute", async (context): Promise<Response> => {
    settle();
    const charge = world.get("charges", context.req.param("id"));
    if (!charge) return plainPage("There is no such payment", "Nothing was disputed.", null, 404);
    try {
      beginDispute(world, charge, { reason: "fraudulent", isInquiry: false });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const words = "It failed, was refunded, or is disputed already.";
      return plainPage(
        "This payment cannot be disputed",
        words,
        { href: "/payments", label: "Payments" },
        409,
      );
    }
    return context.redirect("/payments", 303);
  });
}

function chargeTable(world: World, charges: readonly Charge[]): Markup {
  if (charges.length === 0)
    return html`<div class="card empty"><h2>No payments yet</h2><p>They appear as soon as somebody pays.</p></div>`;
  const disputes = new Map(world.list("disputes").map((dispute) => [dispute.charge, dispute]));
  return html`<div class="table-wrap"><table class="stacks">
<caption>Payments</caption>
<thead><tr><th scope="col">When</th><th scope="col">Amount</th><th scope="col">State</th><th scope="col">Id</th><th scope="col">Dispute</th></tr></thead>
<tbody>${charges.map(
    (charge) => html`<tr>
<td class="nowrap">${timestamp(charge.created * 1000)}</td>
<td class="nowrap">${formatMoney(charge.amount, charge.currency)}</td>
<td>${stateBadge(charge, disputes.get(charge.id))}</td>
<td class="mono">${charge.id}</td>
<td>${
      charge.status === "succeeded" && !charge.disputed && !charge.refunded
        ? html`<form method="post" action="/payments/${charge.id}/dispute"><button class="link" type="submit" aria-label="Dispute ${charge.id}">Dispute</button></form>`
        : "–"
    }</td>
</tr>`,
  )}</tbody></table></div>`;
}

function stateBadge(charge: Charge, dispute: Dispute | undefined): Markup {
  if (dispute) return badge(dispute.status === "won" ? "good" : "bad", `dispute: ${dispute.status}`);
  if (charge.refunded) return badge("neutral", "refunded");
  if (charge.amount_refunded > 0) return badge("neutral", "refunded in part");
  const tones = new Map<string, Tone>([
    ["succeeded", "good"],
    ["pending", "warning"],
  ]);
  return badge(tones.get(charge.status) ?? "bad", charge.status);
}
