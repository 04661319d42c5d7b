/** What a server action answers. `fields` carries messages by form field. */
export interface ActionFailure {
  code: string;
  /** Plain words for the person at the screen. */
  message: string;
  fields?: Record<string, string>;
  /** What was typed, secrets left out: a form sent without JavaScript is filled in again with it. */
  values?: Record<string, string>;
  /** By which whoever helps finds the cause in the log; only where there is a cause to look for. */
  reference?: string;
}

export type Result<T> = { ok: true; data: T } | { ok: false; error: ActionFailure };

/** The state of a form bound to an action: null before the first submission. */
export type ActionState<T = undefined> = Result<T> | null;

/** The shape of every action, as `useActionState` wants it. */
export type FormAction<T = undefined> = (
  previous: ActionState<T>,
  formData: FormData,
) => Promise<ActionState<T>>;
