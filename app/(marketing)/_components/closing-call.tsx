import { BreakwaterIllustration } from "@/components/brand/breakwater-illustration";
import { LinkButton } from "@/components/ui/link-button";

export function ClosingCall() {
  return (
    <section aria-labelledby="start-heading" className="mx-auto max-w-6xl px-4 py-16 sm:px-6 sm:py-24">
      <div className="relative overflow-hidden rounded-3xl bg-deep px-6 py-12 text-on-deep sm:px-12 sm:py-16">
        <BreakwaterIllustration className="absolute inset-y-0 right-0 hidden h-full md:block" />
        <div className="relative max-w-sm">
          <h2 id="start-heading" className="text-3xl font-semibold sm:text-4xl">
            Come in out of the weather
          </h2>
          <p className="mt-4 text-on-deep-muted">
            An account takes a minute. Paying can wait until you need the room.
          </p>
          <LinkButton
            href="/sign-up"
            variant="onDeep"
            size="large"
            className="mt-8 focus-visible:outline-on-deep"
          >
            Create your account
          </LinkButton>
        </div>
      </div>
    </section>
  );
}
