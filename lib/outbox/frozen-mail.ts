import { z } from "zod";

/** A mail as it stands in the outbox, sealed or not: what is sent is what was written then. */
export const frozenMailSchema = z.object({
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  category: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
});

export type FrozenMail = z.infer<typeof frozenMailSchema>;
