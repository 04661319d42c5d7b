const ROWS = [0, 1, 2, 3, 4, 5, 6];

/** Swell on the left, the wall, calm water on the right. Decoration only. */
export function BreakwaterIllustration({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 480 320" fill="none" aria-hidden="true" className={className}>
      <defs>
        <linearGradient id="swell-fade" gradientUnits="userSpaceOnUse" x1="0" x2="240" y1="0" y2="0">
          <stop stopColor="currentColor" stopOpacity="0" />
          <stop offset="1" stopColor="currentColor" stopOpacity="0.4" />
        </linearGradient>
      </defs>
      <g stroke="currentColor" strokeLinecap="round">
        {ROWS.map((row) => (
          <g key={row} strokeWidth="4">
            <path
              d={`M${-20 - (row % 2) * 30} ${34 + row * 42}${"q15 -22 30 0t30 0".repeat(4)}`}
              stroke="url(#swell-fade)"
            />
            <path
              d={`M${330 + (row % 2) * 24} ${34 + row * 42}h${110 - (row % 3) * 28}`}
              strokeOpacity="0.24"
            />
          </g>
        ))}
        <path d="M236 -10C312 80 312 240 236 330" strokeWidth="26" />
      </g>
    </svg>
  );
}
