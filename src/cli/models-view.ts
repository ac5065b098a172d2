import type { ModelFile } from '../models/manifest.js';
import type { PullResult } from '../models/pull.js';
import type { ModelStatus } from '../models/status.js';
import { formatTable } from './table.js';

/** Columns of the terminal that the text keeps within. */
const WIDTH = 100;

const EXPLANATIONS = {
  unverified: 'unverified: a file that works may have another SHA-256 than the published one, as this has.',
  wrong: 'wrong: not the published file. Replace it with "rostro models pull --force".',
  changed: 'changed: unverified, and no longer the file that was first seen here.',
} as const;

/** The table of all model files, and below it what the table has no room for. */
export function formatStatuses(statuses: readonly ModelStatus[]): string {
  const table = formatTable(
    ['model', 'file', 'here', 'checksum', 'licence', 'enables'],
    statuses.map(({ file, present, checksum }) => [
      file.name,
      file.path.replace('-weights_manifest', '-…manifest'),
      present ? '✓' : 'missing',
      checksum ?? '',
      file.licence,
      file.enables,
    ]),
  );
  const files = statuses.map(({ file }) => file);
  return [table, formatOrigins(files), formatRemarks(statuses)].filter(Boolean).join('\n\n');
}

/** One model file with everything that is known of it, for `--json`. */
export function statusJson({ file, path, ...status }: ModelStatus) {
  const { name, embedded, licence, licenceNote, enables } = file;
  const published = { bytes: file.bytes, sha256: file.sha256 };
  const sources = file.sources.map(({ url }) => url);
  return { name, file: file.path, path, embedded, ...status, published, licence, licenceNote, enables, sources };
}

/** The outcome of one pull, for `--json`. */
export function resultJson(result: PullResult) {
  const common = { name: result.file.name, file: result.file.path, outcome: result.outcome };
  if ('checksum' in result) return { ...common, checksum: result.checksum };
  return { ...common, error: { code: result.error.code, message: result.error.message } };
}

/** Under each model's name: what its licence covers, and where it comes from. */
function formatOrigins(files: readonly ModelFile[]): string {
  const names = [...new Set(files.map((file) => file.name))];
  return names
    .map((name) => {
      const own = files.filter((file) => file.name === name);
      const notes = [...new Set(own.map((file) => file.licenceNote))];
      const urls = own.flatMap((file) => file.sources.map((source) => source.url));
      const sources = urls.length > 0 ? urls : ['comes with npm install: @vladmandic/face-api'];
      return [name, ...notes.flatMap(wrap), ...sources].join('\n  ');
    })
    .join('\n');
}

function formatRemarks(statuses: readonly ModelStatus[]): string {
  const seen = new Set(statuses.map((status) => status.checksum));
  const remarks = (['unverified', 'wrong', 'changed'] as const).filter((checksum) => seen.has(checksum));
  const missing = statuses.filter((status) => !status.present && !status.file.embedded).length;
  const fetch = missing === 0 ? [] : [`missing: ${missing}. "rostro models pull" fetches them.`];
  return [...remarks.map((checksum) => EXPLANATIONS[checksum]), ...fetch].join('\n');
}

/** Breaks a sentence at spaces into lines that leave room for the indentation. */
function wrap(text: string): string[] {
  return text.match(new RegExp(`.{1,${WIDTH - 2}}(?:\\s|$)`, 'g'))?.map((line) => line.trim()) ?? [];
}
