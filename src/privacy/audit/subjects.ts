import { randomBytes } from 'node:crypto';

/**
 * The log never holds a name: it calls a person by a random number, and this alone says whose it is. When the person is
 * erased their entry goes, and nothing that remains leads from the log to them. Whoever is enrolled again under the same
 * name gets another number. Every change is on the medium when its promise resolves.
 */
export interface Subjects {
  /** The person's pseudonym, made where they have none. */
  of(name: string): Promise<string>;
  /** @returns null for somebody whom the log has never mentioned */
  find(name: string): Promise<string | null>;
  /** The name behind each pseudonym. */
  names(): Promise<ReadonlyMap<string, string>>;
  /** Two names of one person, while a rename is under way: whichever is enrolled afterwards is kept. */
  alias(name: string, other: string): Promise<void>;
  /** @param isEnrolled whether somebody of that name is, after all: they are kept then */
  forget(name: string, isEnrolled: () => boolean): Promise<void>;
  /** For the start: forgets whoever is not enrolled. @param make whether those who have no pseudonym get one */
  settle(enrolled: readonly string[], make: boolean): Promise<void>;
}

export function newSubject(): string {
  return `p-${randomBytes(16).toString('hex')}`;
}
