import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { PageWithSearch } from "@/app/search-params";
import { SignUpForm } from "@/components/auth/sign-up-form";
import { currentUser } from "@/lib/auth/guards";
import { sandboxLinks } from "@/lib/sandbox-links";
import { nextPath, withNext } from "../next-path";

export const metadata: Metadata = { title: "Create your account" };

export default async function SignUpPage({ searchParams }: PageWithSearch) {
  const next = nextPath((await searchParams).next);
  if (await currentUser()) redirect(next);
  return (
    <SignUpForm
      signInHref={withNext("/sign-in", next)}
      next={next}
      mailboxUrl={sandboxLinks()?.mailbox ?? null}
    />
  );
}
