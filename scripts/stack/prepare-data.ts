/**
 * A start's data, in one process (each would spend a second on loading the same modules): `people` seeds the demo
 * people, `plans` makes the payments provider's prices match the catalogue. Both change nothing when run again.
 */
async function main(tasks: readonly string[]): Promise<void> {
  if (tasks.includes("people")) {
    const { seed } = await import("@/prisma/seed");
    await seed();
  }
  if (tasks.includes("plans")) {
    // A command of its own as well (npm run billing:push): importing it runs it, and it reports through the exit code.
    await import("../billing-push");
  }
}

main(process.argv.slice(2)).then(
  // The database client's idle connections would keep the process for ten more seconds.
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
