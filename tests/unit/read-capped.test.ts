import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCapped } from "@/lib/http/read-capped";

function requestOf(chunks: readonly Uint8Array[], headers: Record<string, string> = {}) {
  let pulled = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[pulled];
        pulled += 1;
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const init = { method: "POST", body, headers, duplex: "half" } as RequestInit;
  return {
    request: new Request("http://localhost/", init),
    pulled: () => pulled,
    cancelled: () => cancelled,
  };
}

describe("a body that is read up to a cap", () => {
  test("comes out as it went in, however it was cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), async (chunks) => {
        const whole = Buffer.concat(chunks);
        expect(await readCapped(requestOf(chunks).request, whole.byteLength)).toEqual(whole);
      }),
    );
  });

  test("is null one byte over the cap", async () => {
    const chunks = [new Uint8Array(6), new Uint8Array(5)];
    expect(await readCapped(requestOf(chunks).request, 10)).toBeNull();
    expect(await readCapped(requestOf(chunks).request, 11)).toHaveLength(11);
  });

  test("is read no further than it must be, and the sender is told to stop", async () => {
    const chunks = Array.from({ length: 100 }, () => new Uint8Array(8));
    const { request, pulled, cancelled } = requestOf(chunks);
    expect(await readCapped(request, 20)).toBeNull();
    expect(pulled()).toBeLessThanOrEqual(4);
    expect(cancelled()).toBe(true);
  });

  test("is not believed about its length", async () => {
    const { request } = requestOf([new Uint8Array(50)], { "content-length": "1" });
    expect(await readCapped(request, 20)).toBeNull();
  });

  test("that is not there is empty", async () => {
    expect(await readCapped(new Request("http://localhost/", { method: "POST" }), 10)).toEqual(
      Buffer.alloc(0),
    );
  });

  test("that breaks off is an error, not a shorter body", async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(3));
        controller.error(new Error("the sender hung up"));
      },
    });
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    await expect(readCapped(new Request("http://localhost/", init), 10)).rejects.toThrow("hung up");
  });
});
