import type { Metadata } from "next";
import { AuthHeading } from "@/components/auth/auth-heading";
import { ForgotPasswordForm } from "@/components/auth/forgot-password-form";
import { TextLink } from "@/components/auth/text-link";
import { sandboxLinks } from "@/lib/sandbox-links";

export const metadata: Metadata = { title: "Forgot your password" };

export default function ForgotPasswordPage() {
  return (
    <>
      <AuthHeading title="Forgot your password?">
        Tell us your address, and we send you a link to choose a new one.
      </AuthHeading>
      <div className="mt-8">
        <ForgotPasswordForm mailboxUrl={sandboxLinks()?.mailbox ?? null} />
      </div>
      <p className="mt-6 text-sm">
        <TextLink href="/sign-in">Back to sign in</TextLink>
      </p>
    </>
  );
}
