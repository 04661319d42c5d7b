import { Fragment } from "react";

/** A vendor's name for a type, which may go on in the next line after each of its parts. */
export function TypeName({ children }: { children: string }) {
  let at = 0;
  return children.split(/(?<=[._])/).map((part) => {
    at += part.length;
    return (
      <Fragment key={at}>
        {part}
        <wbr />
      </Fragment>
    );
  });
}
