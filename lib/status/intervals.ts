/** A span of time, in milliseconds since 1970: from its beginning until right before its end. */
export interface Interval {
  from: number;
  /** Infinity for what goes on. */
  to: number;
}

/** Overlapping and touching ones as one, in order of time. */
export function union(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** What lies in one of either. */
export function intersection(left: readonly Interval[], right: readonly Interval[]): Interval[] {
  return union(
    left.flatMap((one) =>
      right.flatMap((other) => {
        const from = Math.max(one.from, other.from);
        const to = Math.min(one.to, other.to);
        return from < to ? [{ from, to }] : [];
      }),
    ),
  );
}
