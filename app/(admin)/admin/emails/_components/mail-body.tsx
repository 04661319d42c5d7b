import { EyeOff } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Fact } from "@/app/(admin)/admin/_components/fact";
import { Facts, Id } from "@/app/(admin)/admin/_components/facts";
import { Moment } from "@/app/(admin)/admin/_components/moment";
import { SectionCard } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import type { MailContent, MailLife } from "@/lib/db/mail-life";
import { mailDocument } from "../_view/mail-document";

export type BodyView = "html" | "text";

/** Where the tabs lead back to: they reload the page, which stays where it was read. */
const SECTION_ID = "content";

function BodyTabs({ id, view }: { id: string; view: BodyView }) {
  const tabs = [
    { key: "html", label: "As sent", href: `/admin/emails/${id}#${SECTION_ID}` },
    { key: "text", label: "As text", href: `/admin/emails/${id}?view=text#${SECTION_ID}` },
  ];
  return (
    <nav aria-label="Forms of the mail" className="inline-flex rounded-xl border border-line bg-sunken p-1">
      {tabs.map(({ key, label, href }) => (
        <Link
          key={key}
          href={href}
          prefetch={false}
          scroll={false}
          aria-current={key === view ? "true" : undefined}
          className="flex min-h-10 items-center rounded-lg px-3 text-sm font-medium text-muted transition-colors hover:text-ink aria-[current=true]:bg-surface aria-[current=true]:text-ink aria-[current=true]:shadow-card"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}

function SentMail({ content, view }: { content: Extract<MailContent, { kind: "mail" }>; view: BodyView }) {
  if (view === "text") {
    return (
      <pre className="rounded-lg border border-line bg-sunken p-4 font-mono text-[0.8125rem] break-words whitespace-pre-wrap">
        {content.text || "This mail has no text."}
      </pre>
    );
  }
  return (
    // A mail is made for light paper, whatever the reader's screen is like.
    <iframe
      title="The mail as it was sent"
      sandbox=""
      srcDoc={mailDocument(content.html)}
      referrerPolicy="no-referrer"
      className="block h-[36rem] w-full rounded-lg border border-line bg-[#ffffff] [color-scheme:light]"
    />
  );
}

function NotShown({ title, children }: { title: string; children: ReactNode }) {
  return (
    <EmptyState icon={EyeOff} title={title}>
      {children}
    </EmptyState>
  );
}

function Content({ content, view }: { content: MailContent; view: BodyView }) {
  switch (content.kind) {
    case "mail":
      return <SentMail content={content} view={view} />;
    case "secret":
      return (
        <NotShown title="This mail carries a secret">
          It has a link that opens somebody’s account, so nobody but its reader may see it.{" "}
          {content.isScrubbed
            ? "It is gone from here since the mail was sent or given up."
            : "It is kept encrypted until the mail is sent or given up, and deleted then."}
        </NotShown>
      );
    case "pruned":
      return (
        <NotShown title="No longer kept">
          The content was deleted on <Moment at={content.at} />, as old content is. What became of the message
          stays.
        </NotShown>
      );
    case "command":
      return (
        <Facts>
          {Object.entries(content.ids).map(([name, id]) => (
            <Fact key={name} label={name}>
              <Id>{id}</Id>
            </Fact>
          ))}
        </Facts>
      );
    default:
      return content satisfies never;
  }
}

/** What a message says, as far as anybody but its reader may see it. */
export function MailBody({ life, view }: { life: MailLife; view: BodyView }) {
  const isMail = life.kind === "email";
  const isShown = life.content.kind === "mail";
  return (
    <SectionCard
      id={SECTION_ID}
      title={isMail ? "What it says" : "What it is about"}
      description={
        isShown
          ? "Nothing in it runs or is loaded from elsewhere, and its links lead nowhere here."
          : undefined
      }
      aside={isShown ? <BodyTabs id={life.id} view={view} /> : undefined}
    >
      <Content content={life.content} view={view} />
    </SectionCard>
  );
}
