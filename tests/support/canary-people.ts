/**
 * People whose names, addresses, passwords, sessions and links are canaries, each with a browser of their own, and who
 * of them may read which of these where.
 */
import { randomUUID } from "node:crypto";
import { type Canary, canaryWord, type Evidence } from "./canaries";
import type { CanaryStack } from "./canary-stack";
import { type Answer, createVisitor, type Visitor } from "./visitor";

export interface Person {
  /** "Ann": how findings and answers name them. */
  who: string;
  name: string;
  email: string;
  password: string;
  visitor: Visitor;
}

interface PersonalCanary extends Canary {
  of: string;
  /** In the page that its owner asked for, in the cookie that they are handed, or in nothing that we answer. */
  stands: "on own pages" | "in own cookie" | "nowhere";
}

export type People = ReturnType<typeof createPeople>;

export function createPeople(stack: CanaryStack) {
  const answers: Answer[] = [];
  const personal: PersonalCanary[] = [];
  /** Follows what these browsers ask for; it is allowed in the log, and so shows what a search finds there. */
  const correlationId = randomUUID();

  function visitorOf(by: string | null): Visitor {
    return createVisitor({
      origin: stack.app.url,
      by,
      headers: { "x-correlation-id": correlationId },
      onAnswer: (answer) => answers.push(answer),
    });
  }

  function newPerson(who: string, email: string): Person {
    const person = {
      who,
      name: `${who} ${canaryWord()}`,
      email,
      password: canaryWord(),
      visitor: visitorOf(who),
    };
    personal.push(
      { name: `${who}'s name`, value: person.name.split(" ")[1] ?? "", of: who, stands: "on own pages" },
      { name: `${who}'s address`, value: email.split("@")[0] ?? "", of: who, stands: "on own pages" },
      { name: `${who}'s password`, value: person.password, of: who, stands: "nowhere" },
    );
    return person;
  }

  async function followLink({ who, email, visitor }: Person, mail: LinkMail): Promise<string> {
    const link = await stack.mailedLink(email, mail.subject, mail.path);
    // A signed token begins alike for everybody; its end is its own.
    const value = new URL(link, stack.app.url).searchParams.get("token")?.split(".").at(-1) ?? "";
    personal.push({ name: `${who}'s link`, value, of: who, stands: "on own pages" });
    await visitor.submit(link, mail);
    return link;
  }

  function noteSession({ who, visitor }: Person): void {
    const value = visitor.cookie("breakwater.session_token")?.split(/\.|%2E/i)[0] ?? "";
    if (value.length < 20) throw new Error(`${who} is not signed in`);
    personal.push({ name: `${who}'s session`, value, of: who, stands: "in own cookie" });
  }

  function mayStand(canary: PersonalCanary, part: "head" | "cookies" | "body", answer: Answer): boolean {
    if (answer.by !== canary.of) return false;
    if (canary.stands === "in own cookie") return part === "cookies";
    return canary.stands === "on own pages" && part === "body" && answer.isPage;
  }

  return {
    correlationId,
    answers,
    canaries: personal as readonly Canary[],
    visitorOf,
    newPerson,
    followLink,
    noteSession,
    /** Each part of each answer, with what of these people may not stand in it. */
    answered: (): { part: Evidence; forbidden: Canary[] }[] =>
      answers.flatMap((answer) =>
        (["head", "cookies", "body"] as const).map((name) => ({
          part: {
            where: `the ${name} of ${answer.request}, answered to ${answer.by ?? "a stranger"}`,
            text: answer[name],
          },
          forbidden: personal.filter((canary) => !mayStand(canary, name, answer)),
        })),
      ),
  };
}

interface LinkMail {
  subject: string;
  /** Of the page that the mail's link leads to. */
  path: string;
  button: string;
  fields?: Record<string, string>;
}
