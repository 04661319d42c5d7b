/** Next runs this once, before the server takes requests. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { refuseBadEnvironment, startTimers } = await import("@/lib/boot");
  try {
    refuseBadEnvironment();
    await startTimers();
  } catch (error) {
    // Throwing would leave a server that answers 500 to everybody.
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
