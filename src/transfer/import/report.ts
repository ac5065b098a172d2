import { stringify } from 'csv-stringify/sync';
import type { Box } from '../../faces/image/box.js';
import type { EnrolmentWarning } from '../../people/quality-gate.js';
import type { ErrorCode, RostroError } from '../../shared/errors.js';

export const IMPORT_OUTCOMES = ['enrolled', 'already_there', 'refused'] as const;

/** One of several faces in a photo, to choose from. */
export interface FaceCandidate {
  /** Value of `face` to choose it. */
  readonly index: number;
  /** In pixels of the upright photo. */
  readonly box: Box;
  readonly confidence: number;
}

/** Outcome of one photo. */
export interface ImportLine {
  /** Null where the line is about a person, not a photo. */
  readonly file: string | null;
  /** Line in the list; null where there is no list. */
  readonly line: number | null;
  readonly person: string | null;
  readonly outcome: (typeof IMPORT_OUTCOMES)[number];
  /** Id of the example; null where there is none. */
  readonly example: string | null;
  /** Error code of a refused photo. */
  readonly code: ErrorCode | null;
  /** Why a photo was refused; of an enrolled photo, the names similar to that of a new person. */
  readonly message: string | null;
  /** The faces of a photo refused with `several_faces`. */
  readonly faces: readonly FaceCandidate[];
  /** Of an enrolled photo. */
  readonly warnings: readonly EnrolmentWarning['code'][];
}

export interface ImportCounts {
  readonly enrolled: number;
  readonly alreadyThere: number;
  readonly refused: number;
  /** Number of refused photos by error code. */
  readonly reasons: Readonly<Partial<Record<ErrorCode, number>>>;
}

type Place = Pick<ImportLine, 'file' | 'line' | 'person'>;

const EMPTY = { example: null, code: null, message: null, faces: [], warnings: [] } as const;

export function refusedLine({ file, line, person }: Place, { code, message, details }: RostroError): ImportLine {
  const found = code === 'several_faces' ? (details?.faces as Omit<FaceCandidate, 'index'>[]) : [];
  const faces = found.map((face, index) => ({ index, ...face }));
  return { ...EMPTY, file, line, person, outcome: 'refused', code, message, faces };
}

export function enrolledLine(
  { file, line, person }: Place,
  example: string,
  warnings: readonly EnrolmentWarning[],
): ImportLine {
  const message = warnings.find(({ code }) => code === 'similar_name')?.message ?? null;
  const codes = warnings.map(({ code }) => code);
  return { ...EMPTY, file, line, person, outcome: 'enrolled', example, message, warnings: codes };
}

export function alreadyThereLine({ file, line, person }: Place, example: string | null): ImportLine {
  return { ...EMPTY, file, line, person, outcome: 'already_there', example };
}

export function countsOf(lines: readonly ImportLine[]): ImportCounts {
  const reasons: Partial<Record<ErrorCode, number>> = {};
  for (const { code } of lines) if (code !== null) reasons[code] = (reasons[code] ?? 0) + 1;
  const count = (outcome: ImportLine['outcome']) => lines.filter((line) => line.outcome === outcome).length;
  return { enrolled: count('enrolled'), alreadyThere: count('already_there'), refused: count('refused'), reasons };
}

const COLUMNS = ['file', 'line', 'person', 'outcome', 'code', 'message', 'faces', 'face', 'example', 'warnings'];

/**
 * The report as CSV. The column `face` is empty: fill in the index of the face to enrol and import the file as a
 * list. Escapes cells that a spreadsheet would run as formulas.
 */
export function reportCsv(lines: readonly ImportLine[]): string {
  const rows = lines.map((line) => ({
    ...line,
    faces: line.faces.map(inWords).join('; '),
    face: '',
    warnings: line.warnings.join(' '),
  }));
  return stringify(rows, { header: true, columns: COLUMNS, escape_formulas: true, bom: true });
}

function inWords({ index, box, confidence }: FaceCandidate): string {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `${index}: ${width}×${height} at ${x},${y} (${confidence.toFixed(2)})`;
}
