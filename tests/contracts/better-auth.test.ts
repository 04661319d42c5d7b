/** The auth contract, kept by the Better Auth adapter on a real PostgreSQL. */
import { PrismaPg } from "@prisma/adapter-pg";
import { createBetterAuthProvider } from "@/lib/integrations/auth/better-auth/adapter";
import type { AuthMail } from "@/lib/integrations/auth/port";
import { PrismaClient } from "@/prisma/generated/client";
import { createTestDatabase } from "@/tests/support/database";
import { describePasswordAuth } from "./auth.contract";

describePasswordAuth("Better Auth", async () => {
  const database = await createTestDatabase();
  const client = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url }) });
  const mails: AuthMail[] = [];
  let isMailBroken = false;
  const create = (baseUrl: string) =>
    createBetterAuthProvider({
      database: () => client,
      enqueueMail: async (mail) => {
        if (isMailBroken) throw new Error("the outbox is away");
        mails.push(mail);
      },
      baseUrl,
      secret: "a secret of the tests, long enough to be one",
    });
  return {
    provider: create("http://localhost:3999"),
    overHttps: create("https://app.example.com"),
    mails,
    breakMail: (isBroken) => {
      isMailBroken = isBroken;
    },
    expireEverything: async () => {
      const expiresAt = new Date(Date.now() - 1_000);
      await client.authVerification.updateMany({ data: { expiresAt } });
      await client.authSession.updateMany({ data: { expiresAt } });
    },
    stop: async () => {
      await client.$disconnect();
      await database.drop();
    },
  };
});
