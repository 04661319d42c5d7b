/** A process that boots as the server does and serves nobody: what it does from then on, its timers do. */
import { boot } from "@/lib/boot";
import { payments } from "@/lib/integrations/payments";

export type BootOrder = "call";

await boot();
// Next's own way to end: once the requests have ended, which here is at once.
if (process.env.ENDS_AS_NEXT_DOES) process.on("SIGTERM", () => setImmediate(() => process.exit(143)));
process.on("message", async (_order: BootOrder) => {
  const outcome = await payments()
    .getSubscription("sub_of_nobody")
    .then(
      () => "answered",
      () => "failed",
    );
  process.send?.(outcome);
});
// The channel to the parent keeps the process alive, as a server's socket would.
process.send?.("booted");
