import type { ReactNode } from "react";

export function AuthHeading({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div>
      <h1 className="text-2xl font-semibold sm:text-3xl">{title}</h1>
      {children ? <p className="mt-2 break-words text-muted">{children}</p> : null}
    </div>
  );
}
