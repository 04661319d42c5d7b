"use client";

import { MailCheck } from "lucide-react";
import { useEffect, useRef } from "react";
import { LinkButton } from "@/components/ui/link-button";
import { ResendVerificationForm } from "./resend-verification-form";

interface CheckInboxProps {
  email: string;
  mailboxUrl: string | null;
}

/** After sign-up: where the message went, and what to do when it does not come. */
export function CheckInbox({ email, mailboxUrl }: CheckInboxProps) {
  const heading = useRef<HTMLHeadingElement>(null);

  // It replaces the form that had the focus; the keyboard and the screen reader go where the news is.
  useEffect(() => heading.current?.focus(), []);

  return (
    <div>
      <span className="flex size-12 items-center justify-center rounded-full bg-accent-soft text-accent">
        <MailCheck aria-hidden="true" className="size-6" />
      </span>
      <h1 ref={heading} tabIndex={-1} className="mt-6 text-2xl font-semibold outline-none sm:text-3xl">
        Check your inbox
      </h1>
      <p className="mt-2 break-words text-muted">
        We have sent a message to <strong className="font-medium text-ink">{email}</strong>. Follow its link
        to confirm the address, and your account is ready.
      </p>
      {mailboxUrl === null ? null : (
        <LinkButton href={mailboxUrl} target="_blank" rel="noopener" width="full" className="mt-8">
          Open your mailbox
        </LinkButton>
      )}
      <details className="group mt-8 border-t pt-4">
        <summary className="flex min-h-10 items-center text-sm font-medium text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent">
          Nothing arrived?
        </summary>
        <p className="mt-2 mb-4 text-sm text-muted">
          It can take a minute, and sometimes it lands in the spam folder. We can also send it again.
        </p>
        <ResendVerificationForm email={email} mailboxUrl={null} />
      </details>
    </div>
  );
}
