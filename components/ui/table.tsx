import type { ComponentProps } from "react";
import { twMerge } from "tailwind-merge";

export function Table({ className, ...rest }: ComponentProps<"table">) {
  return <table {...rest} className={twMerge("w-full border-collapse text-left text-sm", className)} />;
}

export function TableHead({ className, ...rest }: ComponentProps<"th">) {
  return (
    <th
      scope="col"
      {...rest}
      className={twMerge("border-b border-line pb-3 pr-4 font-medium text-muted last:pr-0", className)}
    />
  );
}

export function TableCell({ className, ...rest }: ComponentProps<"td">) {
  return (
    <td {...rest} className={twMerge("border-b border-line py-3 pr-4 align-middle last:pr-0", className)} />
  );
}
