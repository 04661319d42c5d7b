import {
  Body,
  Button,
  Container,
  Head,
  Heading,
  Hr,
  Html,
  Link,
  Preview,
  Section,
  Text,
} from "@react-email/components";
import type { ReactNode } from "react";

/** The name that mails are signed with; a fork changes it here. */
export const PRODUCT_NAME = "Breakwater";

const font = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Helvetica, Arial, sans-serif";
const styles = {
  body: { backgroundColor: "#f4f6f9", fontFamily: font, margin: 0, padding: "32px 0" },
  container: {
    backgroundColor: "#ffffff",
    border: "1px solid #dfe4ec",
    borderRadius: 12,
    maxWidth: 520,
    padding: 40,
  },
  brand: { color: "#1d4ed8", fontSize: 14, fontWeight: 600, margin: "0 0 24px" },
  heading: { color: "#0f172a", fontSize: 22, fontWeight: 600, lineHeight: "30px", margin: "0 0 16px" },
  text: { color: "#334155", fontSize: 15, lineHeight: "24px", margin: "0 0 16px" },
  button: {
    backgroundColor: "#1d4ed8",
    borderRadius: 8,
    color: "#ffffff",
    display: "inline-block",
    fontSize: 15,
    fontWeight: 600,
    padding: "12px 20px",
    textDecoration: "none",
  },
  rule: { borderColor: "#e6eaf0", margin: "28px 0 16px" },
  small: { color: "#64748b", fontSize: 13, lineHeight: "20px", margin: 0 },
  unsubscribe: { color: "#64748b", fontSize: 13, lineHeight: "20px", margin: "8px 0 0" },
  link: { color: "#475569", textDecoration: "underline" },
} as const;

export interface LayoutProps {
  /** The line that mailboxes show beside the subject. */
  preview: string;
  heading: string;
  children: ReactNode;
  action?: { label: string; url: string };
  /** Why this mail was sent, and what to do if it was not expected. */
  reason: string;
  /** The page that ends mails of this kind; for what a person may do without. */
  unsubscribeUrl?: string;
}

export function Paragraph({ children }: { children: ReactNode }) {
  return <Text style={styles.text}>{children}</Text>;
}

export function Layout({ preview, heading, children, action, reason, unsubscribeUrl }: LayoutProps) {
  return (
    <Html lang="en">
      <Head>
        <meta name="color-scheme" content="light" />
      </Head>
      <Preview>{preview}</Preview>
      <Body style={styles.body}>
        <Container style={styles.container}>
          <Text style={styles.brand}>{PRODUCT_NAME}</Text>
          <Heading style={styles.heading}>{heading}</Heading>
          {children}
          {action && (
            <Section style={{ margin: "24px 0 8px" }}>
              <Button href={action.url} style={styles.button}>
                {action.label}
              </Button>
            </Section>
          )}
          <Hr style={styles.rule} />
          <Text style={styles.small}>{reason}</Text>
          {unsubscribeUrl && (
            <Text style={styles.unsubscribe}>
              <Link href={unsubscribeUrl} style={styles.link}>
                Unsubscribe
              </Link>{" "}
              from mails like this one.
            </Text>
          )}
        </Container>
      </Body>
    </Html>
  );
}
