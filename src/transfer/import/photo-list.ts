import { parse } from 'csv-parse/sync';
import type { JsonObject } from '../../gallery/gallery.js';
import { encodingUnknown, isGarbled } from '../../shared/encoding-choice.js';
import { RostroError } from '../../shared/errors.js';
import { bytesOf, decode, type Encoding, hasLostCharacters, recognise, utf8Of } from '../../shared/text-encoding.js';

/** A valid row of a list of photos. */
export interface ListedPhoto {
  /** Line number, from 1; the header is line 1. */
  readonly line: number;
  /** With forward slashes, relative to the list, or absolute. */
  readonly file: string;
  /** Unvalidated name; null where the cell is empty. */
  readonly person: string | null;
  /** Index of the face to enrol where there are several. */
  readonly face: number | null;
  readonly id: string | null;
  readonly groups: readonly string[];
  readonly metadata: JsonObject | null;
  /** Unvalidated. */
  readonly consent: { readonly basis: string; readonly date?: string; readonly note?: string } | null;
  readonly expires: string | null;
}

/** An invalid row. */
export interface BadRow {
  readonly line: number;
  readonly file: string | null;
  readonly person: string | null;
  readonly message: string;
}

export interface PhotoList {
  readonly rows: readonly ListedPhoto[];
  readonly bad: readonly BadRow[];
}

/** Accepted column names, compared without case, spaces, hyphens and underscores. */
const COLUMNS: Readonly<Record<Column, readonly string[]>> = {
  file: ['file', 'filename', 'path', 'photo', 'image', 'picture', 'archivo', 'foto'],
  person: ['person', 'personname', 'name', 'fullname', 'label', 'identity', 'subject', 'persona', 'nombre'],
  face: ['face', 'faceindex', 'cara'],
  id: ['id', 'personid', 'ownid', 'externalid', 'employeeid', 'userid'],
  groups: ['groups', 'group', 'tags', 'grupos', 'grupo'],
  metadata: ['metadata', 'meta', 'data', 'metadatos'],
  consent: ['consent', 'consentbasis', 'consentimiento'],
  consentDate: ['consentdate', 'fechaconsentimiento'],
  consentNote: ['consentnote', 'notaconsentimiento'],
  expires: ['expires', 'expiry', 'expirydate', 'caduca'],
};
type Column =
  ('file' | 'person' | 'face' | 'id' | 'groups' | 'metadata') | ('consent' | 'consentDate' | 'consentNote' | 'expires');
type Cells = Readonly<Record<Column, string>>;

const DELIMITERS = [',', ';', '\t'];

export interface ListOptions {
  /** Columns that the header must contain. Default: `file` and `person`. */
  readonly required?: readonly Column[];
  /** Of a list that is neither UTF-8 nor UTF-16. */
  readonly encoding?: Encoding | undefined;
}

/**
 * Parses a CSV file of photos, as spreadsheets write it: separated by comma, semicolon or tab; in UTF-8, UTF-16 with
 * a byte order mark, or the code page of a system where it is given or certain. Invalid rows are returned separately.
 * @throws RostroError `bad_list` where the file is not CSV or a required column is missing; `encoding_unknown`
 */
export function parsePhotoList(
  bytes: Uint8Array,
  { required = ['file', 'person'], encoding }: ListOptions = {},
): PhotoList {
  const records = recordsOf(unicodeOf(bytes) ?? decode(bytes, encoding ?? encodingOf(bytes, required)));
  const columns = columnsOf(records[0]?.record ?? [], required);
  const rows: ListedPhoto[] = [];
  const bad: BadRow[] = [];
  for (const { record, line } of records.slice(1)) {
    const cell = (column: Column) => (record[columns[column] ?? -1] ?? '').trim();
    const names = Object.keys(COLUMNS) as Column[];
    const cells = Object.fromEntries(names.map((name) => [name, cell(name)])) as Cells;
    if (Object.values(cells).every((text) => text === '')) continue;
    try {
      rows.push(rowOf(cells, line, required));
    } catch (error) {
      if (!(error instanceof RostroError)) throw error;
      bad.push({ line, file: cells.file || null, person: cells.person || null, message: error.message });
    }
  }
  return { rows, bad };
}

function rowOf(cells: Cells, line: number, required: readonly Column[]): ListedPhoto {
  const missing = required.find((column) => cells[column] === '' && column !== 'face');
  if (missing !== undefined) throw badRow(`The column "${missing}" is empty.`);
  return {
    line,
    file: cells.file.replaceAll('\\', '/').replace(/^(?:\.\/)+/, ''),
    person: cells.person || null,
    face: faceOf(cells.face),
    id: cells.id || null,
    groups: cells.groups
      .split(/[;|,]/)
      .map((group) => group.trim())
      .filter((group) => group !== ''),
    metadata: metadataOf(cells.metadata),
    consent: consentOf(cells),
    expires: cells.expires || null,
  };
}

function consentOf({ consent: basis, consentDate: date, consentNote: note }: Cells): ListedPhoto['consent'] {
  return basis === '' ? null : { basis, ...(date && { date }), ...(note && { note }) };
}

function faceOf(text: string): number | null {
  if (text === '') return null;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw badRow(`The face "${text}" is no number: 0 is the first face of the photo.`);
}

function metadataOf(text: string): JsonObject | null {
  if (text === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Same error as for JSON that is no object.
  }
  throw badRow('The metadata is no JSON object, such as {"room": 12}.');
}

function columnsOf(head: readonly string[], required: readonly Column[]): Partial<Record<Column, number>> {
  const titles = head.map((title) => title.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));
  const places: Partial<Record<Column, number>> = {};
  for (const [column, names] of Object.entries(COLUMNS) as [Column, readonly string[]][]) {
    const found = names.map((name) => titles.indexOf(name)).find((place) => place >= 0);
    if (found !== undefined) places[column] = found;
  }
  const missing = required.filter((column) => places[column] === undefined);
  if (missing.length === 0) return places;
  const wanted = missing.map((column) => `"${column}"`).join(' and ');
  throw badList(`Its first line must name its columns, and ${wanted} is not among them: it is "${head.join(', ')}".`);
}

interface TextRecord {
  readonly record: readonly string[];
  readonly line: number;
}

/** Written by spreadsheets above the header. */
const SEPARATOR_LINE = /^"?sep=(.)"?\r?\n/i;

function recordsOf(text: string): TextRecord[] {
  const [separatorLine, separator] = SEPARATOR_LINE.exec(text) ?? [];
  if (separatorLine !== undefined) {
    return csvRecords(text.slice(separatorLine.length), separator).map((row) => ({ ...row, line: row.line + 1 }));
  }
  const head = /^[^\r\n]*/.exec(text)![0];
  const [delimiter] = [...DELIMITERS].sort((a, b) => head.split(b).length - head.split(a).length);
  return csvRecords(text, delimiter);
}

function csvRecords(text: string, delimiter: string): TextRecord[] {
  try {
    const options = { delimiter, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true };
    const found = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
    return found.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (cause) {
    throw badList(`${(cause as Error).message}.`, cause);
  }
}

/** @returns null for neither UTF-8 nor UTF-16 with a byte order mark */
function unicodeOf(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return utf8Of(bytes);
}

/** Columns whose texts become names. */
const NAME_COLUMNS: readonly Column[] = ['file', 'person', 'id', 'groups'];

/**
 * The encoding in which at least one name is certain and all others are possible.
 * @throws RostroError `encoding_unknown`, `bad_list`
 */
function encodingOf(bytes: Uint8Array, required: readonly Column[]): Encoding {
  const [head, ...rows] = recordsOf(Buffer.from(bytes).toString('latin1'));
  const columns = columnsOf((head as TextRecord | undefined)?.record ?? [], required);
  const cells = rows.flatMap(({ record }) => NAME_COLUMNS.map((column) => record[columns[column] ?? -1] ?? ''));
  const names = [...new Set(cells.flatMap((cell) => cell.split(/[/\\;|,]/)))]
    .filter((name) => /[^\0-\x7f]/.test(name))
    .map((name) => bytesOf(name.trim()));
  // Names are not concerned: what a spreadsheet of western Europe writes.
  if (names.length === 0) return 'cp1252';
  const certain = new Set(names.map((name) => recognise(name)?.encoding).filter((found) => found !== undefined));
  const [encoding] = certain;
  const isPossible = (name: string) => !isGarbled(name) && !hasLostCharacters(name);
  if (certain.size === 1 && names.every((name) => isPossible(decode(name, encoding)))) return encoding;
  throw encodingUnknown('Names in the list of photos', names);
}

function badRow(message: string): RostroError {
  return new RostroError('bad_row', message);
}

function badList(message: string, cause?: unknown): RostroError {
  return new RostroError('bad_list', `The list of photos cannot be used. ${message}`, { cause });
}
