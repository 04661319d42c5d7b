import type { ReactNode } from "react";
import { SettingsNav } from "@/components/settings/settings-nav";
import { PageHeader } from "@/components/ui/page-header";

export default function SettingsLayout({ children }: { children: ReactNode }) {
  return (
    <div className="max-w-2xl space-y-6">
      <PageHeader title="Settings" />
      <SettingsNav />
      {children}
    </div>
  );
}
