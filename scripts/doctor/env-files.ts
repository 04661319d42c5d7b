import { type Check, type DoctorContext, type Finding, fingerprint } from "./finding";
import { SHAPES } from "./variables";

/** The same variable in two files with two values: which one wins is easily got wrong. */
export const checkDuplicates: Check = ({ files, fromProcess }) => {
  const findings: Finding[] = [];
  for (const name of new Set(files.flatMap((file) => Object.keys(file.values)))) {
    const places = files.filter((file) => name in file.values);
    const [winner, ...losers] = places;
    const different = losers.filter((file) => file.values[name] !== winner?.values[name]);
    if (!winner || different.length === 0) continue;
    const beats = fromProcess.has(name) ? "the environment beats them all" : `${winner.path} wins`;
    const prints = places.map((file) => `${file.path} (${fingerprint(file.values[name] ?? "")})`).join(", ");
    findings.push({
      id: `duplicate:${name}`,
      group: "files",
      level: "warn",
      message: `${name} has different values in ${prints}: ${beats}.`,
      fix: `Delete the line ${name}=… in ${different.map((file) => file.path).join(", ")}.`,
    });
  }
  return findings;
};

/** A name that nothing reads is often a misspelt one. */
export const checkUnknownNames: Check = ({ files, knownNames }) => {
  const known = [...new Set([...knownNames, ...Object.keys(SHAPES)])];
  const findings: Finding[] = [];
  for (const { path, values } of files) {
    for (const name of Object.keys(values)) {
      if (known.includes(name) || name === "NODE_ENV") continue;
      const nearest = nearestName(name, known);
      findings.push({
        id: `unknown:${name}`,
        group: "files",
        level: "warn",
        message: `${name} in ${path} is read by nothing that .env.example knows.${nearest ? ` Did you mean ${nearest}?` : ""}`,
        fix: nearest
          ? `Rename ${name} to ${nearest} in ${path}.`
          : `Delete the line, or add ${name} to .env.example.`,
      });
    }
  }
  return findings;
};

export const describeFiles: Check = ({ files, values, fromProcess }: DoctorContext) => {
  const set = Object.keys(SHAPES).filter((name) => fromProcess.has(name) && values[name]);
  const read =
    files.map(({ path }) => path).join(", ") || "none, which is fine: everything then runs locally";
  const process = set.length > 0 ? ` From the environment itself: ${set.join(", ")}.` : "";
  return [
    {
      id: "env-files",
      group: "files",
      level: "ok",
      message: `Files read, the winning one first: ${read}.${process}`,
    },
  ];
};

function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toUpperCase(), candidate) }))
    .sort((one, other) => one.distance - other.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(name.length / 4)) ? best.candidate : undefined;
}

/** Levenshtein distance. */
function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[other.length] ?? 0;
}
