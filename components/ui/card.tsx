import type { ComponentProps, ReactNode } from "react";
import { twMerge } from "tailwind-merge";

export function Card({ className, ...rest }: ComponentProps<"div">) {
  return (
    <div
      {...rest}
      className={twMerge("rounded-xl border border-line bg-surface p-6 shadow-card", className)}
    />
  );
}

interface SectionCardProps {
  /** Used for the heading's id, which names the section. */
  id: string;
  title: string;
  description?: ReactNode;
  /** Beside the heading: a badge or a count. */
  aside?: ReactNode;
  className?: string;
  children?: ReactNode;
}

/** A titled part of a page: a landmark with a second-level heading. */
export function SectionCard({ id, title, description, aside, className, children }: SectionCardProps) {
  const headingId = `${id}-heading`;
  return (
    <section
      id={id}
      aria-labelledby={headingId}
      className={twMerge("rounded-xl border border-line bg-surface p-4 shadow-card sm:p-6", className)}
    >
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-48">
          <h2 id={headingId} className="text-lg font-semibold">
            {title}
          </h2>
          {description ? <p className="mt-1 text-sm text-muted">{description}</p> : null}
        </div>
        {aside}
      </div>
      {children ? <div className="mt-6">{children}</div> : null}
    </section>
  );
}
