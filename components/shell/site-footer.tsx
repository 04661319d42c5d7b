export function SiteFooter() {
  return (
    <footer className="border-t">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-x-8 gap-y-2 px-4 py-8 text-sm text-muted sm:px-6">
        <p>Breakwater. Calm water for your business.</p>
        <nav aria-label="Footer" className="-mx-2 flex flex-wrap">
          {[
            { href: "/", label: "Home" },
            { href: "/pricing", label: "Pricing" },
            { href: "/sign-in", label: "Sign in" },
            { href: "/status", label: "Service status" },
          ].map(({ href, label }) => (
            <a key={href} href={href} className="flex min-h-10 items-center rounded-md px-2 hover:text-ink">
              {label}
            </a>
          ))}
        </nav>
      </div>
    </footer>
  );
}
