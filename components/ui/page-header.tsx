import type { ReactNode } from "react";

interface PageHeaderProps {
  title: string;
  description?: ReactNode;
}

export function PageHeader({ title, description }: PageHeaderProps) {
  return (
    <div className="min-w-0">
      <h1 className="text-2xl font-semibold sm:text-3xl">{title}</h1>
      {description ? <p className="mt-2 break-words text-muted">{description}</p> : null}
    </div>
  );
}
