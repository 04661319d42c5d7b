const SWELLS = [
  { y: 110, depth: 34 },
  { y: 170, depth: 30 },
  { y: 230, depth: 26 },
  { y: 290, depth: 22 },
];
const RIPPLES = [440, 480, 520, 560, 600, 640, 680];

/** A row of eight crests, `depth` high, along the line at `y`. */
function swell(y: number, depth: number): string {
  return `M-60 ${y}${`q30 ${-depth} 60 0t60 0`.repeat(8)}`;
}

/** The sea outside, the wall, and the calm behind it. Decoration only. */
export function HarbourIllustration({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 720 900"
      preserveAspectRatio="xMidYMid slice"
      fill="none"
      aria-hidden="true"
      className={className}
    >
      <g stroke="currentColor" strokeLinecap="round" strokeWidth="3">
        {SWELLS.map(({ y, depth }, index) => (
          <path key={y} d={swell(y, depth)} strokeOpacity={0.14 + index * 0.07} />
        ))}
        <path d="M-40 330C200 420 520 420 760 330" strokeWidth="22" strokeOpacity="0.92" />
        {RIPPLES.map((y, index) => (
          <path
            key={y}
            d={`M${110 + index * 34} ${y}H${610 - index * 34}`}
            strokeWidth="2"
            strokeOpacity={0.26 - index * 0.03}
          />
        ))}
      </g>
    </svg>
  );
}
