import { formatAgo, formatMoment } from "../_view/format";

interface MomentProps {
  at: Date;
  /** In milliseconds; given, it is also said how long ago that was. */
  now?: number;
}

/** A moment, in UTC. */
export function Moment({ at, now }: MomentProps) {
  return (
    <>
      <time dateTime={at.toISOString()} className="tabular-nums sm:whitespace-nowrap">
        {formatMoment(at)}
      </time>
      {now === undefined ? null : (
        <span className="block font-normal text-muted tabular-nums">{formatAgo(at, now)}</span>
      )}
    </>
  );
}
