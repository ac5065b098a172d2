import { stringify } from 'csv-stringify/sync';
import type { Box } from '../../faces/image/box.js';
import type { QualityWarning } from '../../people/quality-gate.js';
import type { ErrorCode, RostroError } from '../../shared/errors.js';

export const IMPORT_OUTCOMES = ['enrolled', 'already_there', 'refused'] as const;

/** A face that could be the one that is meant. */
export interface FaceToChoose {
  /** What `face` has to be for this one. */
  readonly index: number;
  /** Pixels of the upright photo. */
  readonly box: Box;
  readonly confidence: number;
}

/** What became of one photo. */
export interface ImportLine {
  /** Null for what is said of a person and of none of their photos. */
  readonly file: string | null;
  /** Of the list, where there is one. */
  readonly line: number | null;
  readonly person: string | null;
  readonly outcome: (typeof IMPORT_OUTCOMES)[number];
  /** The id of the example, where there is one. */
  readonly example: string | null;
  /** Why it was refused. */
  readonly code: ErrorCode | null;
  readonly message: string | null;
  /** Of a photo that shows several. */
  readonly faces: readonly FaceToChoose[];
  /** What is wrong with an example that was enrolled all the same. */
  readonly warnings: readonly QualityWarning['code'][];
}

export interface ImportCounts {
  readonly enrolled: number;
  readonly alreadyThere: number;
  readonly refused: number;
  /** Refused ones by the reason. */
  readonly reasons: Readonly<Partial<Record<ErrorCode, number>>>;
}

type Place = Pick<ImportLine, 'file' | 'line' | 'person'>;

const NOTHING = { example: null, code: null, message: null, faces: [], warnings: [] } as const;

export function refusal({ file, line, person }: Place, { code, message, details }: RostroError): ImportLine {
  const found = code === 'several_faces' ? (details?.faces as Omit<FaceToChoose, 'index'>[]) : [];
  const faces = found.map((face, index) => ({ index, ...face }));
  return { ...NOTHING, file, line, person, outcome: 'refused', code, message, faces };
}

export function enrolment(
  { file, line, person }: Place,
  example: string,
  warnings: readonly QualityWarning['code'][],
): ImportLine {
  return { ...NOTHING, file, line, person, outcome: 'enrolled', example, warnings };
}

export function known({ file, line, person }: Place, example: string | null): ImportLine {
  return { ...NOTHING, file, line, person, outcome: 'already_there', example };
}

export function countsOf(lines: readonly ImportLine[]): ImportCounts {
  const reasons: Partial<Record<ErrorCode, number>> = {};
  for (const { code } of lines) if (code !== null) reasons[code] = (reasons[code] ?? 0) + 1;
  const count = (outcome: ImportLine['outcome']) => lines.filter((line) => line.outcome === outcome).length;
  return { enrolled: count('enrolled'), alreadyThere: count('already_there'), refused: count('refused'), reasons };
}

const COLUMNS = ['file', 'line', 'person', 'outcome', 'code', 'message', 'faces', 'face', 'example', 'warnings'];

/**
 * The report as a table for a spreadsheet. The column `face` is empty: whoever writes into it which of the `faces` is meant
 * has a list of choices for the next import. Cells that a spreadsheet would take for a formula are disarmed.
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

function inWords({ index, box, confidence }: FaceToChoose): string {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `${index}: ${width}×${height} at ${x},${y} (${confidence.toFixed(2)})`;
}
