/**
 * Has the next answer to a GET of this path come late: it says what is true now, and is heard only after `meanwhile`.
 * For this process's own calls; the vendor's stand-in is asked as always.
 */
export async function withSlowAnswer(
  path: string,
  first: () => Promise<unknown>,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const arrival = latch();
  const release = latch();
  const { fetch } = globalThis;
  let isHeld = false;
  globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init);
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (isHeld || pathname !== path || (init?.method ?? "GET") !== "GET") return response;
    isHeld = true;
    const body = await response.arrayBuffer();
    arrival.open();
    await release.opened;
    return new Response(body, response);
  };
  try {
    const slow = first();
    await Promise.race([arrival.opened, slow]);
    if (!isHeld) throw new Error(`${path} was not asked for`);
    await meanwhile();
    release.open();
    await slow;
  } finally {
    globalThis.fetch = fetch;
  }
}

function latch() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}
