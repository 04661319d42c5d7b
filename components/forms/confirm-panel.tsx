import { Card } from "@/components/ui/card";
import { LinkButton } from "@/components/ui/link-button";
import { type Confirmation, ConfirmForm } from "./confirm-form";

/** The question of `ConfirmAction` as part of a page, for those without JavaScript. `keepHref` leads back. */
export function ConfirmPanel<T>({ keepHref, ...confirmation }: Confirmation<T> & { keepHref: string }) {
  return (
    <Card className="border-accent shadow-raised">
      <h2 className="text-lg font-semibold break-words">{confirmation.title}</h2>
      <div className="mt-2 space-y-2 text-sm text-muted">{confirmation.description}</div>
      <ConfirmForm
        {...confirmation}
        keep={
          <LinkButton href={keepHref} variant="secondary">
            {confirmation.keepLabel}
          </LinkButton>
        }
      />
    </Card>
  );
}
