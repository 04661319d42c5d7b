import { CircleCheck, Mail, ReceiptText, UserRound } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { formatPrice } from "@/lib/billing/format";
import { PLANS } from "@/lib/billing/plans";

const STORY = [
  { icon: UserRound, text: "Ada signed up", when: "09:12:04" },
  { icon: CircleCheck, text: "Payment stored", when: "09:14:31" },
  { icon: ReceiptText, text: "Pro is active", when: "09:14:31" },
  { icon: Mail, text: "Receipt sent", when: "09:14:32" },
];

function Bar({ label, text, share }: { label: string; text: string; share: number }) {
  return (
    <div>
      <div className="flex justify-between gap-4 text-sm">
        <span className="font-medium">{label}</span>
        <span className="text-muted tabular-nums">{text}</span>
      </div>
      <div className="mt-2 h-2 overflow-hidden rounded-full bg-line">
        <svg aria-hidden="true" className="size-full text-accent">
          <rect width={`${share}%`} height="100%" rx="4" fill="currentColor" />
        </svg>
      </div>
    </div>
  );
}

/** A picture of the dashboard, drawn with the product's own parts; it shows and does nothing. */
export function ProductPreview() {
  const { pro } = PLANS;
  const price = pro.prices?.month;
  return (
    <div
      role="img"
      aria-label="The dashboard of a workspace on the Pro plan: the subscription is active, 9 of 25 projects are used, and a payment was confirmed and its receipt sent."
      className="overflow-hidden rounded-2xl border bg-background text-left text-ink shadow-raised"
    >
      <div className="flex items-center gap-2 border-b bg-surface px-4 py-3">
        <span className="size-3 rounded-full bg-line" />
        <span className="size-3 rounded-full bg-line" />
        <span className="size-3 rounded-full bg-line" />
        <span className="mx-auto rounded-md bg-sunken px-4 py-1 text-xs text-muted">
          your-product.example/dashboard
        </span>
        <span className="w-11" />
      </div>
      <div className="grid gap-4 p-4 sm:grid-cols-2 sm:p-6">
        <div className="rounded-xl border bg-surface p-5">
          <div className="flex items-start justify-between gap-4">
            <span className="font-semibold">Subscription</span>
            <Badge tone="positive">Active</Badge>
          </div>
          <p className="mt-4 text-3xl font-semibold tracking-tight">{pro.name}</p>
          <p className="mt-1 text-sm text-muted tabular-nums">
            {price ? `${formatPrice(price)} a month. ` : ""}Renews on March 4.
          </p>
        </div>
        <div className="space-y-5 rounded-xl border bg-surface p-5">
          <p className="font-semibold">Usage</p>
          <Bar label="Projects" text="9 of 25" share={36} />
          <Bar label="Members" text="2 of 3" share={66} />
        </div>
        <div className="rounded-xl border bg-surface p-5 sm:col-span-2">
          <p className="font-semibold">This morning</p>
          <div className="mt-4 grid gap-3 sm:grid-cols-2 sm:gap-x-8">
            {STORY.map(({ icon: Icon, text, when }) => (
              <p key={text} className="flex items-center gap-3 text-sm">
                <span className="flex size-8 shrink-0 items-center justify-center rounded-full bg-accent-soft text-accent">
                  <Icon className="size-4" />
                </span>
                <span className="flex-1">{text}</span>
                <span className="text-muted tabular-nums">{when}</span>
              </p>
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}
