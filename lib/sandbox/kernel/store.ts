/**
 * The sandbox's memory: maps in the process, and a journal on disk (one JSON line a write).
 *
 * What it guarantees: a write has been handed to the operating system (`write(2)` returned) before `put`, `delete` or
 * `reset` returns, so a SIGKILL straight after loses nothing. It is not synced to the disk platter: a power cut may lose
 * the last moments, which a sandbox can afford. One process per file: `start.ts` holds the lock.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { SandboxStore } from "./types";

/** One write: `v` present is a put, absent a delete. A line holds one of them, or an array of those done atomically. */
interface JournalEntry {
  c: string;
  i: string;
  v?: unknown;
}

/** Values are kept as JSON text: what a caller gets is a copy, the very one a restart would give, and never shared. */
type Collections = Map<string, Map<string, string>>;

/** The journal is rewritten while running once it has grown by this much and by four times what is alive. */
const COMPACT_AFTER_BYTES = 32 * 1024 * 1024;

/**
 * Opens (or creates) a journal and replays it. A torn last line, left by a kill in mid-write, is dropped; its write had
 * not returned, so nobody was told that it happened.
 *
 * @throws Error when a line other than the last is not readable: the file was damaged by something else.
 */
export function openStore(file: string): SandboxStore {
  mkdirSync(dirname(file), { recursive: true });
  const collections: Collections = existsSync(file) ? replay(readFileSync(file, "utf8"), file) : new Map();
  let liveBytes = writeCompacted(file, collections);
  let appendedBytes = 0;
  let descriptor: number | null = openSync(file, "a");

  /** Entries of the atomic write in progress, if one is. */
  let batch: string[] | null = null;

  const appendLine = (line: string) => {
    if (descriptor === null) throw new Error(`The sandbox store ${file} is closed.`);
    appendedBytes += writeFully(descriptor, `${line}\n`);
    if (appendedBytes > COMPACT_AFTER_BYTES && appendedBytes > liveBytes * 4) {
      closeSync(descriptor);
      liveBytes = writeCompacted(file, collections);
      appendedBytes = 0;
      descriptor = openSync(file, "a");
    }
  };
  const append = (entry: string) => {
    if (batch) batch.push(entry);
    else appendLine(entry);
  };

  return {
    get<T>(collection: string, id: string): T | undefined {
      const json = collections.get(collection)?.get(id);
      return json === undefined ? undefined : (JSON.parse(json) as T);
    },
    put(collection, id, value) {
      const json = JSON.stringify(value);
      if (json === undefined) throw new TypeError(`${collection}/${id}: undefined cannot be stored.`);
      collectionOf(collections, collection).set(id, json);
      append(formatEntry(collection, id, json));
    },
    delete(collection, id) {
      if (collections.get(collection)?.delete(id)) append(formatEntry(collection, id));
    },
    list<T>(collection: string): T[] {
      return Array.from(collections.get(collection)?.values() ?? [], (json) => JSON.parse(json) as T);
    },
    atomically(run) {
      if (batch) return run(); // Part of the outer one.
      batch = [];
      try {
        return run();
      } finally {
        const entries: string[] = batch;
        batch = null;
        if (entries.length > 0)
          appendLine(entries.length === 1 ? entries.join("") : `[${entries.join(",")}]`);
      }
    },
    reset() {
      if (descriptor === null) throw new Error(`The sandbox store ${file} is closed.`);
      collections.clear();
      if (batch) batch = [];
      closeSync(descriptor);
      liveBytes = writeCompacted(file, collections);
      appendedBytes = 0;
      descriptor = openSync(file, "a");
    },
    close() {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
    },
  };
}

function replay(text: string, file: string): Collections {
  const collections: Collections = new Map();
  const lines = text.split("\n");
  // Whatever follows the last newline was cut off by a kill, even if it happens to parse.
  for (const [index, raw] of lines.slice(0, -1).entries()) {
    const entries = parseLine(raw);
    if (!entries) throw new Error(`${file}, line ${index + 1}, is damaged. Delete the file to start afresh.`);
    for (const entry of entries) {
      if (entry.v === undefined) collections.get(entry.c)?.delete(entry.i);
      else collectionOf(collections, entry.c).set(entry.i, JSON.stringify(entry.v));
    }
  }
  return collections;
}

function parseLine(raw: string): JournalEntry[] | undefined {
  try {
    const line: unknown = JSON.parse(raw);
    const entries: unknown[] = Array.isArray(line) ? line : [line];
    return entries.every(isEntry) ? entries : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEntry(value: unknown): value is JournalEntry {
  const entry = value as Partial<JournalEntry> | null;
  return typeof entry?.c === "string" && typeof entry.i === "string";
}

function collectionOf(collections: Collections, name: string): Map<string, string> {
  let found = collections.get(name);
  if (!found) {
    found = new Map();
    collections.set(name, found);
  }
  return found;
}

function formatEntry(collection: string, id: string, valueJson?: string): string {
  const head = `{"c":${JSON.stringify(collection)},"i":${JSON.stringify(id)}`;
  return valueJson === undefined ? `${head}}` : `${head},"v":${valueJson}}`;
}

/** Writes only what is alive into a new file and moves it into place; returns its size in bytes. */
function writeCompacted(file: string, collections: Collections): number {
  const temporary = `${file}.compacting`;
  const descriptor = openSync(temporary, "w");
  let bytes = 0;
  try {
    for (const [collection, values] of collections) {
      for (const [id, json] of values)
        bytes += writeFully(descriptor, `${formatEntry(collection, id, json)}\n`);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
  return bytes;
}

/** `writeSync` may write less than it was given. */
function writeFully(descriptor: number, text: string): number {
  const bytes = Buffer.from(text, "utf8");
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  return bytes.length;
}
