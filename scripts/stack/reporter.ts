import colors from "picocolors";

/** How a run tells the person what it does. Plain text when the output is no terminal. */
export type Reporter = {
  /** A step that takes long begins. */
  begin: (step: string) => void;
  /** A step that is done, with how long it took and a detail if there is one. */
  done: (step: string, durationMs: number, detail?: string) => void;
  /** Something to know that is no step, for example a replaced port. */
  note: (text: string) => void;
  /** A line that a part printed. */
  line: (part: string, line: string) => void;
};

export const silentReporter: Reporter = {
  begin: () => undefined,
  done: () => undefined,
  note: () => undefined,
  line: () => undefined,
};

export function consoleReporter(print: (text: string) => void = console.log): Reporter & {
  showLines: () => void;
  hideLines: () => void;
} {
  let linesShown = false;
  return {
    begin: (step) => print(`  ${colors.dim(`· ${step} …`)}`),
    done: (step, durationMs, detail) => {
      const time = colors.dim(`${(durationMs / 1000).toFixed(1)} s`.padStart(7));
      print(`  ${colors.green("✓")} ${step.padEnd(24)}${time}${detail ? `  ${colors.dim(detail)}` : ""}`);
    },
    note: (text) => print(`  ${colors.yellow("!")} ${text}`),
    line: (part, line) => {
      if (linesShown) print(part === "app" ? line : `${colors.dim(`${part} |`)} ${line}`);
    },
    /** From now on what the parts print is passed through (before, only a failure shows it). */
    showLines: () => {
      linesShown = true;
    },
    hideLines: () => {
      linesShown = false;
    },
  };
}

/** Runs a step and reports its time once it is done. */
export async function timed<T>(
  reporter: Reporter,
  step: string,
  work: () => Promise<T>,
  detail?: (value: T) => string | undefined,
): Promise<T> {
  const startedAt = performance.now();
  const value = await work();
  reporter.done(step, performance.now() - startedAt, detail?.(value));
  return value;
}
