import { useEffect } from "react";
import { buttonStyles } from "@/components/ui/button-styles";
import { Problem } from "./problem";

interface ErrorProblemProps {
  error: unknown;
  retry: () => void;
  home: { href: string; label: string };
}

/** What an error boundary shows: calm words, a reference for support, and two ways on. */
export function ErrorProblem({ error, retry, home }: ErrorProblemProps) {
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : undefined;

  useEffect(() => {
    // What a boundary catches is reported to nobody by itself. An error with a digest is the server's, and known there.
    if (digest === undefined) reportError(error);
  }, [error, digest]);

  return (
    <Problem
      title="This page could not be shown"
      text="Something went wrong on our side, and it has been noted. Nothing you had saved is lost. Try again; if it happens once more, come back in a few minutes."
      reference={digest}
      actions={
        <>
          <button type="button" onClick={retry} className={buttonStyles()}>
            Try again
          </button>
          <a href={home.href} className={buttonStyles({ variant: "secondary" })}>
            {home.label}
          </a>
        </>
      }
    />
  );
}
