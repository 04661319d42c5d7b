import { signOutEverywhereAction } from "@/app/(auth)/actions";

/** What signing out everywhere means, asked before it is done. */
export function signOutEverywhereConfirmation() {
  return {
    title: "Sign out everywhere?",
    description: <p>Every browser and device is signed out, this one too. You then sign in again.</p>,
    confirmLabel: "Sign out everywhere",
    pendingLabel: "Signing out…",
    keepLabel: "Stay signed in",
    danger: true,
    action: signOutEverywhereAction,
  };
}
