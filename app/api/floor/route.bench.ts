/** Only in what `npm run bench` builds: see `pageExtensions` in next.config.ts. */
// biome-ignore lint/performance/noBarrelFile: a route is told by its place.
// biome-ignore lint/style/noRestrictedImports: the bench's, in the app so that nothing but its code differs.
export { POST } from "@/tests/bench/floor/insert";
