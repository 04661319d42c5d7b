import { twMerge } from "tailwind-merge";

/** A grey stand-in of the shape to come. Give it a height and width. */
export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden="true" className={twMerge("animate-pulse rounded-md bg-line", className)} />;
}
