import { z } from 'zod';
import { type Consent, CONSENT_BASES, type JsonObject, type PersonDetails } from '../gallery/gallery.js';
import { RostroError } from '../shared/errors.js';
import { hasLostCharacters } from '../shared/text-encoding.js';
import { hasInvisible } from './person-name.js';

/** In Unicode code points after NFC. */
export const MAX_ID_CODE_POINTS = 128;
export const MAX_GROUP_CODE_POINTS = 64;
export const MAX_GROUPS = 64;
/** Size as compact JSON in UTF-8. */
export const MAX_METADATA_BYTES = 16 * 1024;
/** Far below the stack limit of a recursion. */
const MAX_METADATA_DEPTH = 64;
export const MAX_CONSENT_NOTE = 500;

/** Unvalidated details from a request, a command or an archive; undefined fields are not changed. */
export interface DetailsInput {
  readonly id?: unknown;
  readonly metadata?: unknown;
  readonly groups?: unknown;
  /** A basis, or an object; without a date it is of today. */
  readonly consent?: unknown;
  readonly expires?: unknown;
  readonly cover?: unknown;
}

/**
 * Validates and normalises the details of a person.
 * @returns the given fields only
 * @throws RostroError `bad_details`
 */
export function parsePersonDetails({
  id,
  metadata,
  groups,
  consent,
  expires,
  cover,
}: DetailsInput): Partial<PersonDetails> {
  return {
    ...(id !== undefined && { id: id === null ? null : parseId(id) }),
    ...(metadata !== undefined && { metadata: parseMetadata(metadata) }),
    ...(groups !== undefined && { groups: parseGroups(groups) }),
    ...(consent !== undefined && { consent: consent === null ? null : parseConsent(consent) }),
    ...(expires !== undefined && { expires: expires === null ? null : parseDate(expires, 'The expiry date') }),
    ...(cover !== undefined && { cover: cover === null ? null : parseText(cover, 'A cover', MAX_ID_CODE_POINTS) }),
  };
}

/** @throws RostroError `bad_details` */
export function parseGroup(group: unknown): string {
  return parseText(group, 'A group', MAX_GROUP_CODE_POINTS);
}

const consentSchema = z.strictObject({
  basis: z.enum(CONSENT_BASES),
  date: z.unknown().optional(),
  note: z.unknown().optional(),
});

function parseConsent(given: unknown): Consent {
  const read = consentSchema.safeParse(typeof given === 'string' ? { basis: given } : given);
  if (!read.success) {
    throw badDetails(`A consent has a basis (${CONSENT_BASES.join(', ')}), and may have a date and a note.`);
  }
  const { basis, date = new Date().toISOString().slice(0, 10), note = null } = read.data;
  return {
    basis,
    date: parseDate(date, 'The date of a consent'),
    note: note === null || note === '' ? null : parseText(note, 'The note of a consent', MAX_CONSENT_NOTE),
  };
}

function parseDate(given: unknown, what: string): string {
  const read = z.iso.date().safeParse(given);
  if (read.success) return read.data;
  throw badDetails(`${what} is a day such as 2027-12-31.`);
}

function parseId(id: unknown): string {
  return parseText(id, 'An id', MAX_ID_CODE_POINTS);
}

function parseGroups(groups: unknown): string[] {
  if (!Array.isArray(groups)) throw badDetails('The groups are a list of names.');
  const parsed = [...new Set(groups.map(parseGroup))].sort();
  if (parsed.length > MAX_GROUPS) {
    throw badDetails(`A person is in ${MAX_GROUPS} groups at most; these are ${parsed.length}.`);
  }
  return parsed;
}

function parseText(value: unknown, what: string, maxCodePoints: number): string {
  if (typeof value !== 'string') throw badDetails(`${what} is a text.`);
  const text = value.trim().normalize('NFC');
  if (text === '') throw badDetails(`${what} must not be empty.`);
  if (hasInvisible(text)) throw badDetails(`${what} must not contain invisible or control characters.`);
  if (hasLostCharacters(text)) throw badDetails(`${what} has lost characters on the way ("\ufffd"): send it in UTF-8.`);
  const length = Array.from(text).length;
  if (length > maxCodePoints) {
    throw badDetails(`${what} has ${maxCodePoints} characters at most; this one has ${length}.`);
  }
  return text;
}

function parseMetadata(metadata: unknown): JsonObject {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw badDetails('The metadata is a JSON object.');
  }
  checkJson(metadata, 1);
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > MAX_METADATA_BYTES) {
    throw badDetails(`The metadata has ${MAX_METADATA_BYTES} bytes at most; this is ${bytes}.`);
  }
  return metadata as JsonObject;
}

/** Refuses what PostgreSQL cannot store in JSON: NUL characters and lone surrogates. */
function checkJson(value: unknown, depth: number): void {
  if (depth > MAX_METADATA_DEPTH) throw badDetails(`The metadata is more than ${MAX_METADATA_DEPTH} levels deep.`);
  if (typeof value === 'string' && /\0|\p{Cs}/u.test(value)) {
    throw badDetails('The metadata holds a text with a zero byte or half of a character.');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    checkJson(key, depth);
    checkJson(inner, depth + 1);
  }
}

function badDetails(message: string): RostroError {
  return new RostroError('bad_details', message);
}
