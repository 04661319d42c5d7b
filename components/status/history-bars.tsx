import { twMerge } from "tailwind-merge";
import type { Day } from "@/lib/status/daily-history";
import { formatDay, formatMinutes } from "@/lib/status/format";

/** A day's bar dips the deeper the worse it was, so that its shape says what its colour says. */
const BARS: Record<Day["level"], { height: number; colour: string; word: string }> = {
  operational: { height: 32, colour: "text-positive", word: "working" },
  degraded: { height: 20, colour: "text-warning", word: "limited" },
  down: { height: 12, colour: "text-critical", word: "not available" },
  no_data: { height: 4, colour: "text-line-strong", word: "not recorded" },
};

const STEP = 4;
const BAR_WIDTH = 3;
const FULL_HEIGHT = BARS.operational.height;

function dayInWords({ date, level, minutes }: Day): string {
  const { word } = BARS[level];
  return minutes === 0
    ? `${formatDay(date)}: ${word}`
    : `${formatDay(date)}: ${word}, ${formatMinutes(minutes)}`;
}

/** "88 days working, 1 day limited, 1 day not available, 42 minutes in all" */
function historyInWords(history: readonly Day[]): string {
  const counts = Object.entries(BARS).flatMap(([level, { word }]) => {
    const count = history.filter((day) => day.level === level).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? "day" : "days"} ${word}`];
  });
  const minutes = history.reduce((sum, day) => sum + day.minutes, 0);
  return [...counts, ...(minutes > 0 ? [`${formatMinutes(minutes)} in all`] : [])].join(", ");
}

/** One bar a day, oldest first; the same in words for whoever does not see them, and the bad days as a list. */
export function HistoryBars({ name, history }: { name: string; history: readonly Day[] }) {
  const troubled = history.filter(({ minutes }) => minutes > 0).reverse();
  return (
    <div>
      <svg
        role="img"
        aria-label={`${name}, the last ${history.length} days: ${historyInWords(history)}.`}
        viewBox={`0 0 ${history.length * STEP - (STEP - BAR_WIDTH)} ${FULL_HEIGHT}`}
        preserveAspectRatio="none"
        className="h-8 w-full"
      >
        {history.map((day, index) => {
          const { height, colour } = BARS[day.level];
          return (
            <rect
              key={day.date}
              x={index * STEP}
              y={FULL_HEIGHT - height}
              width={BAR_WIDTH}
              height={height}
              fill="currentColor"
              className={colour}
            >
              <title>{dayInWords(day)}</title>
            </rect>
          );
        })}
      </svg>
      <p aria-hidden="true" className="mt-2 flex justify-between text-xs text-muted">
        <span>{history.length} days ago</span>
        <span>Today</span>
      </p>
      {troubled.length === 0 ? null : (
        <details className="mt-2 text-sm">
          <summary className="rounded-md py-2.5 font-medium">
            {troubled.length === 1 ? "1 day" : `${troubled.length} days`} with trouble
          </summary>
          <ul className="space-y-1 pb-2 text-muted tabular-nums">
            {troubled.map((day) => (
              <li key={day.date}>{dayInWords(day)}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** What the bars mean. */
export function BarLegend() {
  return (
    <ul className="flex flex-wrap gap-x-6 gap-y-2 text-sm text-muted">
      {Object.entries(BARS).map(([level, { height, colour, word }]) => (
        <li key={level} className="flex items-end gap-2">
          <svg
            aria-hidden="true"
            viewBox={`0 0 ${BAR_WIDTH} ${FULL_HEIGHT}`}
            className={twMerge("h-5 w-1", colour)}
            preserveAspectRatio="none"
          >
            <rect y={FULL_HEIGHT - height} width={BAR_WIDTH} height={height} fill="currentColor" />
          </svg>
          {word.charAt(0).toUpperCase() + word.slice(1)}
        </li>
      ))}
    </ul>
  );
}
