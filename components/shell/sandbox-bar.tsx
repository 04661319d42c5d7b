import { FlaskConical } from "lucide-react";

export interface SandboxBarProps {
  links: Record<"mailbox" | "payments" | "events" | "oncall" | "control", string>;
}

/** Says on every page of a sandbox that nothing here is real, and leads to the stand-ins. */
export function SandboxBar({ links }: SandboxBarProps) {
  const entries = [
    { href: links.mailbox, label: "Open mailbox" },
    { href: links.payments, label: "Payments sandbox" },
    { href: links.events, label: "Events" },
    { href: links.oncall, label: "Alerts" },
    { href: links.control, label: "Control" },
  ];
  return (
    <aside aria-label="Sandbox" className="border-b border-deep-line bg-deep text-sm text-on-deep">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-x-6 px-4 pt-2 sm:px-6 md:py-0">
        <p className="flex items-center gap-2">
          <FlaskConical aria-hidden="true" className="size-4 shrink-0 text-on-deep-muted" />
          <span>
            <strong className="font-semibold">Sandbox:</strong>{" "}
            <span className="text-on-deep-muted">no real money moves, no mail leaves this machine.</span>
          </span>
        </p>
        <ul className="-mx-1.5 flex max-w-full overflow-x-auto text-[0.8125rem] sm:text-sm">
          {entries.map(({ href, label }) => (
            <li key={label}>
              <a
                href={href}
                target="_blank"
                rel="noopener"
                className="flex min-h-10 items-center rounded-md px-1.5 font-medium whitespace-nowrap underline decoration-on-deep-muted/50 underline-offset-4 hover:decoration-on-deep focus-visible:-outline-offset-2 focus-visible:outline-on-deep"
              >
                {label}
              </a>
            </li>
          ))}
        </ul>
      </div>
    </aside>
  );
}
