import type { SearchParams } from "@/app/(admin)/admin/_view/keyset";
import type { MailFilter } from "@/lib/db/mail-console";
import { findWorkspaces } from "@/lib/db/webhook-console";
import { type MailQuestion, readQuestion, toFilter } from "./mail-filter";

export interface AskedMails {
  question: MailQuestion;
  /** Null where the question has to be put differently: something else than was meant must neither be shown nor done. */
  filter: MailFilter | null;
}

async function findWorkspace(text: string): Promise<{ id: string } | { error: string }> {
  const [first, second] = await findWorkspaces(text);
  if (first === undefined) return { error: "There is no workspace of this id or name." };
  if (second !== undefined) return { error: "Several workspaces have this name. Please give the id." };
  return first;
}

/** What an address asks for. A workspace is looked up by what was typed. */
export async function askedMails(query: SearchParams): Promise<AskedMails> {
  const question = readQuestion(query);
  const { workspace } = question.fields;
  const found = workspace === "" ? null : await findWorkspace(workspace);
  if (found !== null && "error" in found) {
    return {
      question: { ...question, errors: { ...question.errors, workspace: found.error } },
      filter: null,
    };
  }
  const isReadable = Object.keys(question.errors).length === 0;
  return { question, filter: isReadable ? toFilter(question, found?.id ?? null) : null };
}
