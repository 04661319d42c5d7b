/**
 * One instance a process. Next bundles instrumentation, routes and pages apart, so that a module-level variable
 * exists once for each; what must be shared (a connection pool, "the pump is running") lives on globalThis.
 */
const KEY = Symbol.for("breakwater.singletons");

export function processSingleton<T>(name: string, create: () => T): T {
  const holder = globalThis as typeof globalThis & { [KEY]?: Map<string, unknown> };
  holder[KEY] ??= new Map();
  if (!holder[KEY].has(name)) holder[KEY].set(name, create());
  return holder[KEY].get(name) as T;
}
