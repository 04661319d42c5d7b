import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * Runs a command's main function: its number is the exit code, an error is printed as one plain message.
 * It exits by itself, because the schema engine leaves a timer of ten seconds behind (its wait for the migration lock).
 */
export async function runScript(main: () => Promise<number>): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    if (process.env.DEBUG && error instanceof Error) console.error(error.stack, error.cause ?? "");
    process.exit(1);
  }
}

/** Parses the command line; an unknown flag ends with the usage instead of a stack trace. */
export function parseCommandLine<T extends NonNullable<ParseArgsConfig["options"]>>(
  usage: string,
  options: T,
) {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
