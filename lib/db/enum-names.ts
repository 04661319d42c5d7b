/** Between the database's enums (upper case) and the words of the domain (lower case). */
export function toDatabase<T extends string>(word: T): Uppercase<T> {
  return word.toUpperCase() as Uppercase<T>;
}

export function fromDatabase<T extends string>(word: T): Lowercase<T> {
  return word.toLowerCase() as Lowercase<T>;
}
