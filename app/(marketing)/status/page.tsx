import type { Metadata } from "next";
import { LiveReading } from "@/components/status/live-reading";
import { StatusBoard } from "@/components/status/status-board";
import { serviceStatus } from "@/lib/db/service-status";

export const dynamic = "force-dynamic";

export const metadata: Metadata = {
  title: "Service status",
  description: "What works right now, and what did over the last 90 days.",
};

/** For everybody, also while the database is away; read once in two seconds, however many come. */
export default async function StatusPage() {
  const status = await serviceStatus();
  return (
    <div className="mx-auto max-w-3xl px-4 py-12 sm:px-6 sm:py-16">
      <noscript>
        <meta httpEquiv="refresh" content="30" />
      </noscript>
      <div className="mb-8 flex flex-wrap items-baseline justify-between gap-x-6 gap-y-2">
        <h1 className="text-3xl font-semibold tracking-tight sm:text-4xl">Service status</h1>
        <LiveReading readAt={status?.readAt ?? new Date().toISOString()} />
      </div>
      <StatusBoard status={status} />
    </div>
  );
}
