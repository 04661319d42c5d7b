import { Layout, Paragraph, PRODUCT_NAME } from "./layout";

export function VerifyEmail({ name, url }: { name: string; url: string }) {
  return (
    <Layout
      preview="One click, and your account is ready."
      heading={`Welcome, ${name}. Please confirm your e-mail address.`}
      action={{ label: "Confirm e-mail address", url }}
      reason={`You get this because somebody signed up at ${PRODUCT_NAME} with this address. If it was not you, do nothing: no account is opened without this confirmation.`}
    >
      <Paragraph>The link works for 24 hours.</Paragraph>
    </Layout>
  );
}

export function ResetPassword({ name, url }: { name: string; url: string }) {
  return (
    <Layout
      preview="Choose a new password."
      heading="Choose a new password"
      action={{ label: "Choose a new password", url }}
      reason="You get this because somebody asked for a new password for this address. If it was not you, do nothing: your password stays as it is."
    >
      <Paragraph>
        Hello {name}, the link works for one hour, once. A new password ends every session.
      </Paragraph>
    </Layout>
  );
}

export function AlreadyRegistered({ name, url }: { name: string; url: string }) {
  return (
    <Layout
      preview="You have an account already."
      heading="You have an account already"
      action={{ label: "Sign in", url }}
      reason="You get this because somebody tried to sign up with this address. If it was not you, nothing has changed and there is nothing to do."
    >
      <Paragraph>
        Hello {name}, somebody just tried to sign up with your address. If it was you, sign in instead; if you
        forgot your password, you can choose a new one there.
      </Paragraph>
    </Layout>
  );
}

export function Welcome(props: { name: string; url: string; unsubscribeUrl: string | undefined }) {
  const { name, url, unsubscribeUrl } = props;
  return (
    <Layout
      preview="Your workspace is ready."
      heading={`Your workspace is ready, ${name}`}
      action={{ label: "Open your dashboard", url }}
      reason={`You get this once, because you opened an account at ${PRODUCT_NAME}.`}
      unsubscribeUrl={unsubscribeUrl}
    >
      <Paragraph>You are on the Free plan. You can change that at any time on the billing page.</Paragraph>
    </Layout>
  );
}

export function OperatorTest({ name, url }: { name: string; url: string }) {
  return (
    <Layout
      preview="Mail goes out, and arrives."
      heading="A test from the operator console"
      action={{ label: "Open the console", url }}
      reason={`You get this because you sent a test from the operator console of ${PRODUCT_NAME}.`}
    >
      <Paragraph>Hello {name}, mail goes out and arrives. There is nothing to do.</Paragraph>
    </Layout>
  );
}
