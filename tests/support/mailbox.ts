import type { Page } from "playwright-core";
import type { MailboxEntry } from "@/lib/sandbox/mail/mailbox-app";
import { eventually } from "./poll";
import { stackUnderTest } from "./stack-under-test";

export type Mail = MailboxEntry;

/** What has been sent to exactly this address, the newest first. */
export async function listMails(to: string): Promise<Mail[]> {
  const response = await fetch(`${stackUnderTest().mailbox}/mailbox.json?to=${encodeURIComponent(to)}`);
  if (!response.ok) throw new Error(`the mailbox answered ${response.status}`);
  const { emails } = (await response.json()) as { emails: Mail[] };
  return emails;
}

/** The newest mail to an address whose subject has these words, as soon as it is there. */
export function arrivedMail(to: string, subject: string): Promise<Mail> {
  return eventually(`a mail "${subject}" to ${to}`, async () =>
    (await listMails(to)).find((mail) => mail.subject.includes(subject)),
  );
}

/** The address behind the one link of a mail that leads to this path of the app. */
export function linkIn(mail: Mail, path: string): string {
  const links = [...(mail.html ?? "").matchAll(/href="([^"]*)"/g)].map(([, href = ""]) =>
    href.replaceAll("&amp;", "&"),
  );
  const link = links.find((href) => URL.canParse(href) && new URL(href).pathname === path);
  if (link === undefined)
    throw new Error(`"${mail.subject}" has no link to ${path}, only to: ${links.join(" ")}`);
  return link;
}

/** At an open mailbox page, as a person would: find the mail, open it, press its button. Gives the tab it opens. */
export async function followMailAsAPerson(
  page: Page,
  mail: { to: string; subject: string; button: string },
): Promise<Page> {
  await page.getByLabel("Recipient's address").fill(mail.to);
  await page.getByRole("button", { name: "Filter" }).click();
  // The list renews itself when something has arrived.
  await page.getByRole("link", { name: mail.subject }).first().click();
  const [opened] = await Promise.all([
    page.context().waitForEvent("page"),
    page.frameLocator("iframe").getByRole("link", { name: mail.button }).click(),
  ]);
  return opened;
}
