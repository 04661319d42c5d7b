/** The one selector of the auth provider. */
import { authDeps } from "@/lib/compose";
import { appUrl, env } from "@/lib/env";
import { processSingleton } from "@/lib/process-singleton";
import { createBetterAuthProvider } from "./better-auth/adapter";
import type { AuthProvider } from "./port";

function select(): AuthProvider {
  switch (env.AUTH_PROVIDER) {
    case "better-auth":
      return createBetterAuthProvider({
        ...authDeps,
        baseUrl: appUrl(),
        // The boot check has refused a process without it.
        secret: env.BETTER_AUTH_SECRET ?? "",
      });
    default:
      return env.AUTH_PROVIDER satisfies never;
  }
}

export function auth(): AuthProvider {
  return processSingleton("auth", select);
}
