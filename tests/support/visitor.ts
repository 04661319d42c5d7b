/** A browser without JavaScript: pages, forms and cookies over plain HTTP, each answer kept as it came over the wire. */

export interface Answer {
  /** Who asked; null for somebody who has no account. */
  by: string | null;
  /** "POST /billing" */
  request: string;
  path: string;
  status: number;
  /** A page or its payload, not data. */
  isPage: boolean;
  /** The header lines but for cookies, and the cookies that were set. */
  head: string;
  cookies: string;
  body: string;
}

export interface VisitorOptions {
  /** Of the app, without a slash at the end. */
  origin: string;
  by: string | null;
  headers?: Record<string, string>;
  onAnswer(answer: Answer): void;
}

interface Submission {
  /** What the button says, or is called. */
  button: string;
  /** Stands in the right form's markup, where several have such a button. */
  within?: string;
  fields?: Record<string, string>;
}

export type Visitor = ReturnType<typeof createVisitor>;

const ENTITIES: Record<string, string> = { quot: '"', amp: "&", lt: "<", gt: ">", "#x27": "'", "#39": "'" };

function decoded(text: string): string {
  return text.replace(/&([#\w]+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}

function attributesOf(tag: string): Record<string, string> {
  const found = tag.matchAll(/\s([\w-]+)="([^"]*)"/g);
  return Object.fromEntries(Array.from(found, ([, name = "", value = ""]) => [name, decoded(value)]));
}

/** What the form would send if its button were pressed now; null for a form without that button. */
function fieldsOf(form: string, label: string): Record<string, string> | null {
  const buttons = [...form.matchAll(/<button\b[^>]*>.*?<\/button>/gs)].map(([markup]) => {
    const { name, value = "", "aria-label": spoken } = attributesOf(markup.slice(0, markup.indexOf(">")));
    return { name, value, spoken, text: decoded(markup.replace(/<[^>]*>/g, "")).trim() };
  });
  const pressed = buttons.find(({ text, spoken }) => (spoken ?? text) === label);
  if (pressed === undefined) return null;
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const { name, value = "", type } = attributesOf(tag);
    const isOff = (type === "radio" || type === "checkbox") && !/\schecked\b/.test(tag);
    if (name !== undefined && !isOff) fields[name] = value;
  }
  if (pressed.name !== undefined) fields[pressed.name] = pressed.value;
  return fields;
}

export function createVisitor({ origin, by, headers = {}, onAnswer }: VisitorOptions) {
  const cookies = new Map<string, string>();

  function keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute))) cookies.delete(name);
      else cookies.set(name, value);
    }
  }

  /** One request, whose answer is kept; redirects are answers like any other. */
  async function ask(
    method: string,
    path: string,
    init: RequestInit = {},
  ): Promise<Answer & { to: string | null }> {
    const cookie = Array.from(cookies, (pair) => pair.join("=")).join("; ");
    const response = await fetch(`${origin}${path}`, {
      ...init,
      method,
      redirect: "manual",
      // A connection on which too much was sent is closed by the app: the next request takes a new one.
      headers: {
        connection: "close",
        origin,
        ...headers,
        ...(cookie && { cookie }),
        ...(init.headers as Record<string, string>),
      },
    });
    keepCookies(response);
    const answer: Answer = {
      by,
      request: `${method} ${path}`,
      path,
      status: response.status,
      isPage: /text\/(html|x-component)/.test(response.headers.get("content-type") ?? ""),
      head: [...response.headers]
        .filter(([name]) => name !== "set-cookie")
        .map((line) => line.join(": "))
        .join("\n"),
      cookies: response.headers.getSetCookie().join("\n"),
      body: await response.text(),
    };
    onAnswer(answer);
    return { ...answer, to: response.headers.get("location") };
  }

  /** Presses a button of a form on a page. Gives the answer, which may send the browser on (`to`). */
  async function submit(path: string, { button, within = "", fields = {} }: Submission) {
    const { body } = await ask("GET", path);
    const forms = [...body.matchAll(/<form\b.*?<\/form>/gs)].map(([form]) => form);
    const candidates = forms.filter((form) => form.includes(within)).map((form) => fieldsOf(form, button));
    const found = candidates.find((candidate) => candidate !== null);
    if (!found) throw new Error(`${path} has no form with the button "${button}"`);
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...found, ...fields })) form.set(name, value);
    return ask("POST", path, { body: form });
  }

  return {
    ask,
    open: (path: string, init?: RequestInit) => ask("GET", path, init),
    submit,
    cookie: (name: string) => cookies.get(name),
    /** As if the browser had been closed and its cookies forgotten. */
    forget: () => cookies.clear(),
  };
}
