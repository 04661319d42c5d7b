/** What a page reads from its address. Written out, so that type checking needs nothing that a build generates. */
export interface PageWithSearch {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}
