/**
 * Reads the vendor's form parameters (bracket syntax, already parsed by qs) with the vendor's own complaints. Every
 * parameter has to be read before `finish`, which refuses what nobody asked for.
 */
import { ApiError, invalidRequest, missingParam } from "./api-error";

export type RawParams = Record<string, unknown>;

/** `""` for a key asks to remove it; `null` for the whole asks to clear it. */
export type MetadataPatch = Record<string, string> | null;

export interface TimeRange {
  /** Unix seconds, all inclusive after reading. */
  from: number;
  to: number;
}

export interface Params {
  /** `items[0][price]` for `price` in there. */
  pathOf(name: string): string;
  has(name: string): boolean;
  string(name: string): string | undefined;
  /** An empty string unsets: null. */
  nullableString(name: string): string | null | undefined;
  /** @throws ApiError `parameter_missing` */
  required(name: string): string;
  integer(name: string, bounds?: { minimum?: number; maximum?: number }): number | undefined;
  boolean(name: string): boolean | undefined;
  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined;
  object(name: string): Params | undefined;
  objects(name: string): Params[] | undefined;
  strings(name: string): string[] | undefined;
  metadata(name?: string): MetadataPatch | undefined;
  /** `created=…` or `created[gte]=…`. */
  timeRange(name: string): TimeRange;
  /** Real parameters that change nothing which the sandbox plays. */
  ignore(...names: string[]): void;
  unknown(): string[];
  /** @throws ApiError `parameter_unknown` */
  finish(): void;
}

export function createParams(raw: RawParams, prefix = ""): Params {
  const seen = new Set<string>();
  const children: Params[] = [];
  const pathOf = (name: string) => (prefix ? `${prefix}[${name}]` : name);

  const read = (name: string): unknown => {
    seen.add(name);
    return Object.hasOwn(raw, name) ? raw[name] : undefined;
  };

  const text = (name: string): string | undefined => {
    const value = read(name);
    if (value === undefined || typeof value === "string") return value;
    throw invalidRequest(`Invalid string: ${JSON.stringify(value)}`, undefined, pathOf(name));
  };

  const string = (name: string): string | undefined => {
    const value = text(name);
    if (value === "") throw emptyString(pathOf(name));
    return value;
  };

  const child = (value: unknown, path: string): Params => {
    if (!isHash(value)) throw invalidRequest("Invalid object", undefined, path);
    const params: Params = createParams(value, path);
    children.push(params);
    return params;
  };

  const unknown = (): string[] => [
    ...Object.keys(raw)
      .filter((name) => !seen.has(name))
      .map(pathOf),
    ...children.flatMap((params) => params.unknown()),
  ];

  return {
    pathOf,
    string,
    unknown,

    has: (name) => Object.hasOwn(raw, name),

    nullableString(name) {
      const value = text(name);
      return value === "" ? null : value;
    },

    required(name) {
      const value = string(name);
      if (value === undefined) throw missingParam(pathOf(name));
      return value;
    },

    integer(name, bounds = {}) {
      const value = string(name);
      if (value === undefined) return undefined;
      if (!/^-?\d+$/.test(value)) {
        throw invalidRequest(`Invalid integer: ${value}`, "parameter_invalid_integer", pathOf(name));
      }
      const number = Number(value);
      if (bounds.minimum !== undefined && number < bounds.minimum) {
        const message = `This value must be greater than or equal to ${bounds.minimum}.`;
        throw invalidRequest(message, "parameter_invalid_integer", pathOf(name));
      }
      if (bounds.maximum !== undefined && number > bounds.maximum) {
        const message = `This value must be less than or equal to ${bounds.maximum}.`;
        throw invalidRequest(message, "parameter_invalid_integer", pathOf(name));
      }
      return number;
    },

    boolean(name) {
      const value = string(name);
      if (value === undefined) return undefined;
      if (value === "true" || value === "false") return value === "true";
      throw invalidRequest(`Invalid boolean: ${value}`, undefined, pathOf(name));
    },

    oneOf<Choice extends string>(name: string, choices: readonly Choice[]) {
      const value = string(name);
      if (value === undefined) return undefined;
      const found = choices.find((choice) => choice === value);
      if (found) return found;
      throw invalidRequest(
        `Invalid ${pathOf(name)}: must be one of ${choices.join(", ")}`,
        undefined,
        pathOf(name),
      );
    },

    object(name) {
      const value = read(name);
      return value === undefined || value === "" ? undefined : child(value, pathOf(name));
    },

    objects(name) {
      const value = read(name);
      if (value === undefined) return undefined;
      return listOf(value, pathOf(name)).map((entry, index) => child(entry, `${pathOf(name)}[${index}]`));
    },

    strings(name) {
      const value = read(name);
      if (value === undefined) return undefined;
      return listOf(value, pathOf(name)).map((entry) => {
        if (typeof entry === "string") return entry;
        throw invalidRequest("Invalid array", undefined, pathOf(name));
      });
    },

    metadata(name = "metadata") {
      const value = read(name);
      if (value === undefined) return undefined;
      return value === "" ? null : readMetadata(value, pathOf(name));
    },

    timeRange(name) {
      const value = read(name);
      if (typeof value === "string" && /^\d+$/.test(value)) return { from: Number(value), to: Number(value) };
      const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
      if (value === undefined) return range;
      const bounds = child(value, pathOf(name));
      range.from = Math.max(bounds.integer("gte") ?? 0, (bounds.integer("gt") ?? -1) + 1);
      range.to = Math.min(bounds.integer("lte") ?? range.to, (bounds.integer("lt") ?? range.to + 1) - 1);
      return range;
    },

    ignore(...names) {
      for (const name of names) seen.add(name);
    },

    finish() {
      const names = unknown();
      if (names.length === 0) return;
      const message = `Received unknown parameter${names.length > 1 ? "s" : ""}: ${names.join(", ")}`;
      throw new ApiError(400, {
        type: "invalid_request_error",
        message,
        code: "parameter_unknown",
        param: names[0],
      });
    },
  };
}

/** What an object's metadata is after a patch. */
export function mergeMetadata(current: Record<string, string> | null, patch: MetadataPatch | undefined) {
  if (patch === undefined) return current ?? {};
  if (patch === null) return {};
  return Object.fromEntries(Object.entries({ ...current, ...patch }).filter(([, value]) => value !== ""));
}

function readMetadata(value: unknown, path: string): Record<string, string> {
  if (!isHash(value)) throw invalidRequest("Invalid object", undefined, path);
  const entries = Object.entries(value).map(([key, entry]): [string, string] => {
    if (typeof entry !== "string") {
      throw invalidRequest("Metadata values must be strings", undefined, `${path}[${key}]`);
    }
    if (key.length > 40) {
      throw invalidRequest(
        `Metadata keys can have up to 40 characters; you passed '${key}'.`,
        undefined,
        path,
      );
    }
    if (entry.length > 500) {
      const message = `Metadata values can have up to 500 characters, but you passed in a value that is ${entry.length} characters.`;
      throw invalidRequest(message, undefined, `${path}[${key}]`);
    }
    return [key, entry];
  });
  if (entries.length > 50) throw invalidRequest("You can have at most 50 metadata keys.", undefined, path);
  return Object.fromEntries(entries);
}

function emptyString(path: string): ApiError {
  const message =
    `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however ` +
    `'${path}' cannot be unset. You should remove '${path}' from your request or supply a non-empty value.`;
  return invalidRequest(message, "parameter_invalid_empty", path);
}

/** qs gives a hash instead of a list when indices have gaps or are many. */
function listOf(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value;
  if (value === "") return [];
  if (isHash(value) && Object.keys(value).every((key) => /^\d+$/.test(key))) return Object.values(value);
  throw invalidRequest("Invalid array", undefined, path);
}

function isHash(value: unknown): value is RawParams {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
