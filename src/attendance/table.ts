import { RostroError } from '../shared/errors.js';
import { firstSeen } from '../history/sighting.js';
import { type AttendanceSession, type RowStatus, statusOf } from './session.js';

export const TABLE_LANGUAGES = ['en', 'es'] as const;
type Language = (typeof TABLE_LANGUAGES)[number];

export interface TableOptions {
  readonly language: Language;
  /** IANA name, such as `Europe/Madrid`: of the times. */
  readonly timeZone: string;
}

interface Words {
  readonly columns: readonly string[];
  readonly late: string;
  readonly states: Readonly<Record<RowStatus['state'], string>>;
  readonly by: Readonly<Record<NonNullable<RowStatus['by']>, string>>;
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    columns: ['Name', 'Id', 'State', 'Late', 'First seen', 'Last seen', 'By', 'Note'],
    late: 'late',
    states: { present: 'present', doubtful: 'doubtful', absent: 'absent' },
    by: { photo: 'photo', live: 'webcam', camera: 'camera', manual: 'by hand' },
  },
  es: {
    columns: ['Nombre', 'Id', 'Estado', 'Retraso', 'Visto primero', 'Visto por última vez', 'Por', 'Nota'],
    late: 'tarde',
    states: { present: 'presente', doubtful: 'dudoso', absent: 'ausente' },
    by: { photo: 'foto', live: 'cámara web', camera: 'cámara', manual: 'a mano' },
  },
};

/**
 * A session as a table of texts: a head, and a row for each person, in the order of the session.
 * @param idOf the person's own id
 * @throws RostroError `bad_request` for an unknown time zone
 */
export function tableOf(
  { rows, lateAfter }: Pick<AttendanceSession, 'rows' | 'lateAfter'>,
  { language, timeZone }: TableOptions,
  idOf: (name: string) => string | null,
): string[][] {
  const words = WORDS[language];
  const clock = clockOf(timeZone);
  const lines = rows.map((row) => {
    const { state, late, first, last, by } = statusOf(row, lateAfter);
    const times = [first, last].map((time) => (time === null ? '' : clock(time)));
    const texts = [words.states[state], late ? words.late : '', ...times, by === null ? '' : words.by[by]];
    return [row.person, idOf(row.person) ?? '', ...texts, row.note];
  });
  return [[...words.columns], ...lines];
}

/** `2026-11-30 08:05` in the time zone, which spreadsheets read as a time. */
function clockOf(timeZone: string): (time: string) => string {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  try {
    // Swedish writes dates and times as ISO 8601 does.
    const format = new Intl.DateTimeFormat('sv-SE', { ...parts, timeZone });
    return (time) => format.format(new Date(time));
  } catch {
    throw new RostroError('bad_request', `"${timeZone}" is not a time zone such as Europe/Madrid.`);
  }
}

/** A spreadsheet takes such a cell for a formula (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180 with the byte order mark by which Excel knows UTF-8; an apostrophe disarms formulas. */
export function csvOf(table: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${table.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

/** `2026-11-30 3B.csv`. Path separators and quotes are left out. */
export function tableFileName({ id, title }: Pick<AttendanceSession, 'id' | 'title'>, ending: string): string {
  const day = firstSeen(id).toISOString().slice(0, 10);
  return `${day} ${title.replace(/[\p{Cc}\s"\\/:*?<>|]+/gu, ' ').trim()}.${ending}`;
}

const XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/**
 * The files of a workbook with one sheet of texts: the smallest that ECMA-376 allows. Cells are inline strings, which are
 * never formulas.
 */
export function workbookOf(table: readonly (readonly string[])[]): { readonly path: string; readonly bytes: Buffer }[] {
  const cell = (text: string) => `<c t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`;
  const rows = table.map((row) => `<row>${row.map(cell).join('')}</row>`).join('');
  const files = {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPES}.worksheet+xml"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${SHEET}" xmlns:r="${OFFICE}"><sheets><sheet name="Rostro" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${SHEET}"><sheetData>${rows}</sheetData></worksheet>`,
  };
  return Object.entries(files).map(([path, xml]) => ({ path, bytes: Buffer.from(`${XML_HEAD}\n${xml}`) }));
}

/** Characters that XML 1.0 forbids are left out. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text.replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, '').replace(/[&<>]/g, (one) => entities[one]);
}
