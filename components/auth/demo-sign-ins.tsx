"use client";

import { useActionState } from "react";
import { signInAction } from "@/app/(auth)/actions";
import { FormFailure } from "@/components/forms/form-failure";
import { SubmitButton } from "@/components/ui/submit-button";

export interface DemoPerson {
  name: string;
  email: string;
  password: string;
  role: string;
}

/** Sandbox only: the seeded people, each one press away. */
export function DemoSignIns({ people, next }: { people: DemoPerson[]; next: string }) {
  return (
    <section
      aria-labelledby="demo-heading"
      className="mt-10 rounded-xl border border-dashed border-line-strong/60 p-4"
    >
      <h2 id="demo-heading" className="text-sm font-semibold">
        Sandbox: sign in as
      </h2>
      <ul className="mt-2 divide-y">
        {people.map((person) => (
          <li key={person.email} className="py-3 last:pb-0">
            <DemoSignIn person={person} next={next} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function DemoSignIn({ person, next }: { person: DemoPerson; next: string }) {
  const [state, formAction] = useActionState(signInAction, null);
  return (
    <form action={formAction} className="space-y-3">
      <input type="hidden" name="email" value={person.email} />
      <input type="hidden" name="password" value={person.password} />
      <input type="hidden" name="next" value={next} />
      <div className="flex items-center justify-between gap-4">
        <div className="min-w-0 text-sm">
          <p className="font-medium">
            {person.name} <span className="font-normal text-muted">({person.role})</span>
          </p>
          <p className="break-words text-muted">{person.email}</p>
          <p className="text-muted">
            Password <span className="font-medium text-ink">{person.password}</span>
          </p>
        </div>
        <SubmitButton
          variant="secondary"
          pendingLabel="Signing in…"
          aria-label={`Sign in as ${person.name}`}
          className="shrink-0"
        >
          Sign in
        </SubmitButton>
      </div>
      <FormFailure failure={state !== null && !state.ok ? state.error : null} />
    </form>
  );
}
