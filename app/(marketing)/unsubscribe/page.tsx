import type { Metadata } from "next";
import type { ReactNode } from "react";
import type { PageWithSearch } from "@/app/search-params";
import { ActionForm } from "@/components/forms/action-form";
import { readUnsubscription } from "@/lib/use-cases/email/read-unsubscription";
import { resubscribeAction, unsubscribeAction } from "./actions";

// The token stands in the address: it must not travel to another site in a Referer header. "no-referrer" would make
// browsers send the form with `Origin: null` where no script runs, which Next refuses.
export const metadata: Metadata = {
  title: "Your mails",
  referrer: "same-origin",
  robots: { index: false, follow: false },
};

function Question({ title, children, form }: { title: string; children: ReactNode; form?: ReactNode }) {
  return (
    <div className="mx-auto max-w-xl px-4 py-12 sm:px-6 sm:py-16">
      <h1 className="text-2xl font-semibold sm:text-3xl">{title}</h1>
      <div className="mt-4 space-y-4 break-words text-muted">{children}</div>
      {form ? <div className="mt-8">{form}</div> : null}
    </div>
  );
}

/** Opening it changes nothing: mail scanners follow links, and only the press of the button counts. */
export default async function UnsubscribePage({ searchParams }: PageWithSearch) {
  const { token } = await searchParams;
  const view = typeof token === "string" ? await readUnsubscription(token) : null;
  if (typeof token !== "string" || view === null) {
    return (
      <Question title="This link is not complete">
        <p>
          Part of it is missing; some mail programs break long links. Copy the whole link from the mail into
          the address bar.
        </p>
      </Question>
    );
  }
  if (view.isUnsubscribed) {
    return (
      <Question
        title="You are unsubscribed"
        form={
          <ActionForm
            key="resubscribe"
            action={resubscribeAction}
            fields={{ token }}
            variant="secondary"
            pendingLabel="Subscribing…"
          >
            Get them again
          </ActionForm>
        }
      >
        <p>
          {view.address} gets no more {view.mails}. Receipts, and what you ask for yourself, still come.
        </p>
        <p>It was a mistake? One press takes it back.</p>
      </Question>
    );
  }
  return (
    <Question
      title="Do you want to unsubscribe?"
      form={
        <ActionForm
          key="unsubscribe"
          action={unsubscribeAction}
          fields={{ token }}
          pendingLabel="Unsubscribing…"
        >
          Unsubscribe
        </ActionForm>
      }
    >
      <p>
        One press, and {view.address} gets no more {view.mails}. Receipts, and what you ask for yourself,
        still come.
      </p>
    </Question>
  );
}
