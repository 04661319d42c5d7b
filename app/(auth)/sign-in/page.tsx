import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { PageWithSearch } from "@/app/search-params";
import { AuthHeading } from "@/components/auth/auth-heading";
import { DemoSignIns } from "@/components/auth/demo-sign-ins";
import { SignInForm } from "@/components/auth/sign-in-form";
import { TextLink } from "@/components/auth/text-link";
import { Alert } from "@/components/ui/alert";
import { currentUser } from "@/lib/auth/guards";
import { demoPeople, sandboxLinks } from "@/lib/sandbox-links";
import { nextPath, withNext } from "../next-path";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: PageWithSearch) {
  const query = await searchParams;
  const next = nextPath(query.next);
  if (await currentUser()) redirect(next);
  const people = await demoPeople();
  return (
    <>
      <AuthHeading title="Sign in">
        New here? <TextLink href={withNext("/sign-up", next)}>Create an account</TextLink>
      </AuthHeading>
      {query.notice === "password-changed" ? (
        <div className="mt-6">
          <Alert tone="positive" title="Your password is changed">
            <p>Every session was signed out. Sign in with the new password.</p>
          </Alert>
        </div>
      ) : null}
      <div className="mt-6">
        <SignInForm next={next} mailboxUrl={sandboxLinks()?.mailbox ?? null} />
      </div>
      {people.length > 0 ? <DemoSignIns people={people} next={next} /> : null}
    </>
  );
}
