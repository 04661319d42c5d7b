import "server-only";
import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import type { Viewer } from "@/lib/billing/views";
import { AppError } from "@/lib/errors/app-error";
import { auth } from "@/lib/integrations/auth";
import { ensureViewer } from "@/lib/use-cases/auth/ensure-viewer";
import { PATH_HEADER } from "./return-path";

/** Who is signed in; null for nobody. Asked once a request, from local tables alone. */
export const currentUser = cache(async (): Promise<Viewer | null> => {
  // First of all: it tells a build that the page is made per request, before the provider wants its secret.
  const requestHeaders = await headers();
  const identity = await auth().getIdentity(requestHeaders);
  return identity && ensureViewer(identity);
});

/** For pages: who is signed in, or off to the sign-in page and back here afterwards. */
export async function requireUser(): Promise<Viewer> {
  const viewer = await currentUser();
  if (viewer) return viewer;
  const path = (await headers()).get(PATH_HEADER);
  redirect(path ? `/sign-in?next=${encodeURIComponent(path)}` : "/sign-in");
}

/** For operators' pages: whoever is signed in without being one is not told that there is such a page. */
export async function requireOperator(): Promise<Viewer> {
  const viewer = await requireUser();
  if (!viewer.isOperator) notFound();
  return viewer;
}

/** For actions: who is signed in, or an error to show. */
export async function requireViewer(): Promise<Viewer> {
  const viewer = await currentUser();
  if (viewer) return viewer;
  throw new AppError("unauthenticated", { userMessage: "You are signed out. Please sign in again." });
}
