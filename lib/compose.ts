/**
 * The composition root: what factories are handed and may not reach for themselves. A capability's index.ts takes from
 * here; nothing here imports a provider.
 */
import { db } from "@/lib/db/client";
import { enqueueAuthMail } from "@/lib/outbox/auth-mail";
import { createPolicy } from "@/lib/resilience/policy";

/** One policy a capability: the seam of deadlines today, of retries and breakers tomorrow. */
export const policies = {
  payments: createPolicy("stripe"),
  email: createPolicy("resend"),
};

/** What the embedded auth provider keeps its own tables with, and what it hands mails to. */
export const authDeps = { database: db, enqueueMail: enqueueAuthMail };
