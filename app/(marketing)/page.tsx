import { Anchor, ArrowRight, CreditCard, ShieldCheck } from "lucide-react";
import type { Metadata } from "next";
import { planLines } from "@/components/billing/plan-lines";
import { Card } from "@/components/ui/card";
import { LinkButton } from "@/components/ui/link-button";
import { formatMoney, formatPrice } from "@/lib/billing/format";
import { PLANS } from "@/lib/billing/plans";
import { ClosingCall } from "./_components/closing-call";
import { ProductPreview } from "./_components/product-preview";

export const dynamic = "force-static";

export const metadata: Metadata = {
  title: { absolute: "Breakwater: accounts, plans and payments that hold" },
};

const FEATURES = [
  {
    icon: ShieldCheck,
    title: "Accounts people trust",
    text: "Sign-up with a confirmed address, a password reset that works, and one press to sign out everywhere. Every customer has a workspace of their own, and sees nothing of anyone else’s.",
  },
  {
    icon: CreditCard,
    title: "Plans and payments in plain words",
    text: "Monthly or yearly, up or down, cancel and resume. Before anything changes, a sentence says what it costs and from when. The next charge and every invoice stand on one page.",
  },
  {
    icon: Anchor,
    title: "Nothing gets lost",
    text: "Each payment confirmation is stored first and acted on after. If something stops halfway, it goes on from there, and nobody is charged or written to twice.",
  },
];

const STEPS = [
  { title: "Choose", text: "Pick a plan. If you change your mind, you come back to where you were." },
  { title: "Pay", text: "On a payment page made for it. Card numbers never touch this product." },
  { title: "Confirmed", text: "The confirmation comes to us signed, and only that switches your plan on." },
  { title: "Receipt", text: "It lands in your inbox, and the invoice waits on your billing page." },
];

export default function LandingPage() {
  return (
    <>
      <Hero />
      <section aria-labelledby="features-heading" className="mx-auto max-w-6xl px-4 py-16 sm:px-6 sm:py-24">
        <h2 id="features-heading" className="max-w-xl text-3xl font-semibold sm:text-4xl">
          The part of a product that has to be right
        </h2>
        <ul className="mt-12 grid gap-10 md:grid-cols-3">
          {FEATURES.map(({ icon: Icon, title, text }) => (
            <li key={title}>
              <span className="flex size-12 items-center justify-center rounded-xl bg-accent-soft text-accent">
                <Icon aria-hidden="true" className="size-6" />
              </span>
              <h3 className="mt-6 text-lg font-semibold">{title}</h3>
              <p className="mt-2 leading-relaxed text-muted">{text}</p>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="steps-heading" className="border-y bg-surface">
        <div className="mx-auto max-w-6xl px-4 py-16 sm:px-6 sm:py-24">
          <h2 id="steps-heading" className="text-3xl font-semibold sm:text-4xl">
            From choosing to receipt
          </h2>
          <ol className="mt-12 grid gap-8 sm:grid-cols-2 lg:grid-cols-4">
            {STEPS.map(({ title, text }, index) => (
              <li key={title} className="border-t-2 border-accent pt-4">
                <p className="text-sm font-medium text-accent tabular-nums">{index + 1}</p>
                <h3 className="mt-2 text-lg font-semibold">{title}</h3>
                <p className="mt-2 leading-relaxed text-muted">{text}</p>
              </li>
            ))}
          </ol>
        </div>
      </section>
      <PricingTeaser />
      <ClosingCall />
    </>
  );
}

function Hero() {
  return (
    <section className="mx-auto grid max-w-6xl items-center gap-12 px-4 pt-16 pb-8 sm:px-6 sm:pt-24 lg:grid-cols-[5fr_6fr]">
      <div>
        <h1 className="text-4xl leading-[1.08] font-semibold tracking-tight sm:text-5xl xl:text-6xl">
          Accounts, plans and payments that hold.
        </h1>
        <p className="mt-6 max-w-xl text-lg leading-relaxed text-muted">
          Breakwater carries your customers from sign-up to receipt, and keeps them safe behind the wall when
          the sea outside gets rough.
        </p>
        <div className="mt-8 flex flex-wrap gap-3">
          <LinkButton href="/sign-up" size="large">
            Get started
          </LinkButton>
          <LinkButton href="/pricing" size="large" variant="secondary">
            See pricing
          </LinkButton>
        </div>
        <p className="mt-4 text-sm text-muted">Free to start. No card needed.</p>
      </div>
      <ProductPreview />
    </section>
  );
}

function PricingTeaser() {
  return (
    <section aria-labelledby="plans-heading" className="mx-auto max-w-6xl px-4 pt-16 sm:px-6 sm:pt-24">
      <div className="flex flex-wrap items-end justify-between gap-4">
        <h2 id="plans-heading" className="text-3xl font-semibold sm:text-4xl">
          Start free, grow when you need to
        </h2>
        <LinkButton href="/pricing" variant="quiet" className="-mx-4 text-accent">
          Compare the plans
          <ArrowRight aria-hidden="true" className="size-4" />
        </LinkButton>
      </div>
      <ul className="mt-10 grid gap-6 md:grid-cols-3">
        {Object.values(PLANS).map((plan) => (
          <li key={plan.key}>
            <Card className="h-full">
              <h3 className="font-semibold">{plan.name}</h3>
              <p className="mt-2 text-3xl font-semibold tracking-tight tabular-nums">
                {plan.prices === null ? formatMoney(0, "usd") : formatPrice(plan.prices.month)}
                <span className="ml-2 text-sm font-normal tracking-normal text-muted">
                  {plan.prices === null ? "for good" : "a month"}
                </span>
              </p>
              <p className="mt-3 text-sm text-muted">{plan.tagline}</p>
              <p className="mt-4 border-t pt-4 text-sm">{planLines(plan).slice(0, 2).join(", ")}</p>
            </Card>
          </li>
        ))}
      </ul>
    </section>
  );
}
