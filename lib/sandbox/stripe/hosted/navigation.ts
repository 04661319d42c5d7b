import type { NavigationItem } from "@/lib/sandbox/ui/page";

/** The pages about the whole account. */
export const NAVIGATION: NavigationItem[] = [
  { key: "overview", label: "Overview", href: "/" },
  { key: "payments", label: "Payments", href: "/payments" },
  { key: "events", label: "Events", href: "/events" },
];
