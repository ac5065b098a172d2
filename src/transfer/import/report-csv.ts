import { stringify } from 'csv-stringify/sync';
import type { FaceToChoose, ImportLine } from './report.js';

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
