/** The body, or the answer that refuses it. Without the content type a page of another site could post here: the browser would not ask first. */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("application/json")) {
    return Response.json({ error: "content-type: must be application/json" }, { status: 415 });
  }
  try {
    return await request.json();
  } catch (error) {
    if (error instanceof SyntaxError) return Response.json({ error: "body: is not JSON" }, { status: 400 });
    throw error;
  }
}
