import { Presets, SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { readConfig } from '../app/config.js';
import { withFlags } from './settings.js';
import { MODEL_FILES, type ModelFile } from '../models/manifest.js';
import { isSuccess, pullModels, type PullResult } from '../models/pull.js';
import { type ModelStatus, modelStatuses, selectModels } from '../models/status.js';
import { formatTable } from './output.js';
import { commandIo, print, setExitCode, type OutputStream } from './io.js';

interface ModelsOptions {
  data?: string;
  json?: boolean;
}

interface PullFlags {
  from?: string;
  force?: boolean;
}

/** `rostro models`: lists the model files and their state; `pull` downloads the missing ones. */
export function modelsCommand(): Command {
  const command = withFlags(new Command('models'), 'ROSTRO_DATA')
    .description('List the model files: what is here, what it is for, and where it comes from.')
    .option('--json', 'one JSON array, with sources and checksums')
    .action(async ({ data, json }: ModelsOptions) => {
      const statuses = await modelStatuses(MODEL_FILES, dataDirOf(data));
      print(json ? JSON.stringify(statuses.map(statusJson), null, 2) : formatStatuses(statuses));
    });
  return command.addCommand(pullCommand());
}

function pullCommand(): Command {
  return new Command('pull')
    .description('Fetch the model files that are missing, checking each.')
    .argument('[names...]', 'models (mtcnn) or files (det1.npy); default: all')
    .option('--from <place>', 'a folder or an http address laid out like the data folder, in place of the sources')
    .option('--force', 'fetch files again that are here')
    .action(async (names: string[], _flags: PullFlags, command: Command) => {
      const { data, json, from, force } = command.optsWithGlobals<ModelsOptions & PullFlags>();
      const progress = json ? {} : new PullProgress(commandIo().stdout, commandIo().stderr);
      const results = await pullModels({
        files: selectModels(names),
        dataDir: dataDirOf(data),
        from,
        force,
        allowSkips: names.length === 0,
        ...progress,
      });
      if (json) print(JSON.stringify(results.map(resultJson), null, 2));
      if (!isSuccess(results)) setExitCode(1);
    });
}

function dataDirOf(flag: string | undefined): string {
  return readConfig({ ROSTRO_DATA: flag ?? commandIo().env.ROSTRO_DATA }).storage.dataDir;
}

/** Maximum width of the text, columns of the terminal. */
const WIDTH = 100;

const EXPLANATIONS = {
  unverified: 'unverified: a file that works may have another SHA-256 than the published one, as this has.',
  wrong: 'wrong: not the published file. Replace it with "rostro models pull --force".',
  changed: 'changed: unverified, and no longer the file that was first seen here.',
} as const;

/** A table of all model files, followed by licences and sources. */
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

/** A model file with all details, for `--json`. */
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

/** The licence note and the sources of each model. */
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

/** Wraps a sentence into lines, leaving room for the indentation. */
function wrap(text: string): string[] {
  return text.match(new RegExp(`.{1,${WIDTH - 2}}(?:\\s|$)`, 'g'))?.map((line) => line.trim()) ?? [];
}

/** Progress of a download: a bar on a terminal, one line per file elsewhere. */
export class PullProgress {
  private bar: SingleBar | null = null;

  constructor(
    private readonly output: OutputStream,
    private readonly errors: NodeJS.WritableStream,
  ) {}

  readonly onStart = (file: ModelFile): void => {
    if (!this.output.isTTY) {
      this.output.write(`fetching ${file.path}\n`);
      return;
    }
    const format = `${file.path} {bar} {received}`;
    this.bar = new SingleBar(
      { stream: this.output, format, barsize: 30, clearOnComplete: true },
      Presets.shades_classic,
    );
    this.bar.start(1, 0, { received: '' });
  };

  readonly onProgress = (receivedBytes: number, totalBytes: number | null): void => {
    const received = `${formatBytes(receivedBytes)}${totalBytes === null ? '' : ` of ${formatBytes(totalBytes)}`}`;
    this.bar?.setTotal(totalBytes ?? receivedBytes * 2);
    this.bar?.update(receivedBytes, { received });
  };

  readonly onDone = (result: PullResult): void => {
    this.bar?.stop();
    this.bar = null;
    if ('error' in result) this.errors.write(`${result.outcome === 'skipped' ? '–' : '✗'} ${result.error.message}\n`);
    else this.output.write(`✓ ${result.file.path}  ${HAPPENED[result.outcome]}, checksum ${result.checksum}\n`);
  };
}

const HAPPENED = { fetched: 'fetched', present: 'already here' } as const;

/** In decimal units, as on download pages. */
function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
