import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { composeCore } from '../app/core.js';
import { RostroError } from '../shared/errors.js';
import { writePrivate } from '../shared/files.js';
import { type Encoding, ENCODINGS, parseEncoding } from '../shared/text-encoding.js';
import { Importer, type ImportReport, type ImportRun } from '../transfer/import/importer.js';
import { type OpenedImport, openImport } from '../transfer/import/open-import.js';
import { NAMED_BY, type NamedBy } from '../transfer/import/names-from-paths.js';
import { parsePhotoList } from '../transfer/import/photo-list.js';
import { type PlanSummary, summaryOf, withChosenFaces } from '../transfer/import/plan.js';
import { type ImportLine, reportCsv } from '../transfer/import/report.js';
import { BatchProgress } from './batch.js';
import { type ConsentOptions, detailsGiven, withConsent } from './details-options.js';
import { importThrough, ServerClient } from './server-import.js';
import { configOf, withSettings } from './settings.js';
import { canAsk, commandIo, confirm, print, printError, setExitCode, stopSignal } from './io.js';

interface ImportFlags extends ConsentOptions {
  readonly by: NamedBy;
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly encoding?: Encoding;
  readonly choose?: string;
  readonly report?: string;
  readonly server?: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** Photos read ahead per worker, so that no worker waits for the disk. */
const PHOTOS_PER_WORKER = 6;

/** `rostro import FROM`: enrols the photos of a folder, a ZIP archive or a CSV file. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('Enrol many photos; run again, it passes over those that are there and goes on.')
    .argument('<from>', "folder of people's folders, ZIP archive of them, or CSV file with the columns file and person")
    .addOption(
      new Option('--by <what>', 'what a photo’s person is called after, where no list says it')
        .choices(NAMED_BY)
        .default('auto'),
    )
    .option('--plan', 'only show who would be enrolled from which photos')
    .option('-y, --yes', 'do not ask on a terminal')
    .option('--encoding <name>', `of names that are not UTF-8: ${ENCODINGS.join(', ')}`, encodingNamed)
    .option('--choose <csv>', 'which face is meant on photos with several: columns file and face, such as a report')
    .option('--report <name>', 'write what became of each photo to <name>.json and <name>.csv')
    .option('--server <url>', 'through a server that runs, instead of into the data folder')
    .option('--key <key>', 'of the scope admin, for --server [ROSTRO_KEY]')
    .option('--json', 'the result as one JSON object');
  return withSettings(withConsent(command)).action(async (from: string) => {
    const flags: ImportFlags = command.opts();
    const opened = await openChosen(from, flags);
    try {
      const plan = summaryOf(opened.plan);
      if (flags.plan) return flags.json ? print(JSON.stringify(plan)) : planLines(plan).forEach(print);
      if (canAsk() && !flags.yes && !(await isAgreed(plan))) return setExitCode(1);
      const report = await run(command, from, opened);
      await tell(report, flags);
      if (!report.complete) setExitCode(130);
      else if (report.counts.refused > 0) setExitCode(1);
    } finally {
      await opened.source.close();
    }
  });
}

function encodingNamed(text: string): Encoding {
  const encoding = parseEncoding(text);
  if (encoding !== null) return encoding;
  throw new InvalidArgumentError(`give one of ${ENCODINGS.join(', ')}.`);
}

async function openChosen(from: string, { by, choose, encoding, ...consent }: ImportFlags): Promise<OpenedImport> {
  const faces = choose === undefined ? new Map<string, number>() : parseChoices(await readChoices(choose), encoding);
  const { plan, source } = await openImport(from, { by, encoding, details: detailsGiven(consent) }).catch(
    hintAtEncoding,
  );
  return { plan: withChosenFaces(plan, faces), source };
}

async function isAgreed(plan: PlanSummary): Promise<boolean> {
  planLines(plan).forEach(printError);
  if (plan.people.length === 0) return true;
  if (await confirm('Enrol them?')) return true;
  printError('Nothing was enrolled. --by says what names the people; a CSV list says it photo by photo.');
  return false;
}

async function run(command: Command, from: string, opened: OpenedImport): Promise<ImportReport> {
  const { server, key = commandIo().env.ROSTRO_KEY }: ImportFlags = command.opts();
  const progress = new BatchProgress(commandIo().stderr, 'photos');
  const { plan, source } = opened;
  const total = plan.people.reduce((sum, { photos }) => sum + photos.length, plan.refused.length);
  let done = 0;
  const work = {
    plan,
    source,
    signal: stopSignal('SIGINT', 'SIGTERM'),
    onLine: ({ outcome }: ImportLine) => progress.update(++done, total, outcome === 'already_there'),
  };
  try {
    if (server === undefined) return await importHere(command, from, work);
    return await importThrough(new ServerClient(server, key), work, configOf(command).limits.maxImageBytes);
  } finally {
    progress.stop();
  }
}

/** Uses one single-threaded worker per core, which has a higher throughput than one worker with many threads. */
async function importHere(command: Command, from: string, work: Omit<ImportRun, 'concurrency'>): Promise<ImportReport> {
  const config = configOf(command, { THREADS: '1' });
  const core = await composeCore(config, { access: 'write' }).catch((error: unknown) => hintAtServer(error, from));
  try {
    const { enrolment, gallery } = core;
    const importer = new Importer({
      enrolment,
      gallery,
      maxImageBytes: config.limits.maxImageBytes,
      consent: config.privacy.consent,
    });
    return await importer.run({ ...work, concurrency: config.compute.workers * PHOTOS_PER_WORKER });
  } finally {
    await core.close();
  }
}

function hintAtEncoding(error: unknown): never {
  if (!(error instanceof RostroError) || error.code !== 'encoding_unknown') throw error;
  const hint = 'Run the same with --encoding and its name.';
  throw new RostroError(error.code, `${error.message} ${hint}`, { cause: error, details: { ...error.details } });
}

function hintAtServer(error: unknown, from: string): never {
  if (!(error instanceof RostroError) || error.code !== 'gallery_locked') throw error;
  const hint = `While a server runs, import through it: rostro import ${from} --server http://localhost:5000 --key <key>.`;
  throw new RostroError(error.code, `${error.message} ${hint}`, { cause: error });
}

async function tell(report: ImportReport, { report: name, json }: ImportFlags): Promise<void> {
  if (name !== undefined) {
    await writeReport(`${name}.json`, `${JSON.stringify(report, null, 1)}\n`);
    await writeReport(`${name}.csv`, reportCsv(report.lines));
  }
  if (json) print(JSON.stringify(report));
  else for (const line of importLines(report, name)) print(line);
}

async function writeReport(path: string, text: string): Promise<void> {
  await writePrivate(path, text).catch((cause: unknown) => {
    throw new RostroError('storage_failed', `The report ${path} cannot be written: ${(cause as Error).message}.`, {
      cause,
    });
  });
}

async function readChoices(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw new RostroError('no_file', `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
  });
}

/** People and refusals that are printed if no report file is written. */
const SHOWN = 20;
const NAMED = { list: 'in the list', folder: 'by their folders', file: 'by their files' } as const;

/** What an import would do, as lines of text. */
export function planLines({ namedBy, people, refused }: PlanSummary): string[] {
  const photos = people.reduce((sum, { photos }) => sum + photos.length, 0);
  const how = namedBy.map((one) => NAMED[one]).join(' and ');
  return [
    `${people.length} people on ${photos} photos${photos > 0 ? `, named ${how}` : ''}.`,
    ...people
      .slice(0, SHOWN)
      .map(({ name, photos: [first, ...others] }) => `  ${name}: ${first}${andMore(others.length)}`),
    ...(people.length > SHOWN ? [`  and ${people.length - SHOWN} more people.`] : []),
    ...(refused.length > 0 ? [`${refused.length} files are not enrolled:`, ...shown(refused)] : []),
  ];
}

const andMore = (count: number) => (count > 0 ? ` and ${count} more` : '');

/** The result of an import as lines of text. @param written name of the report, if it was written to files */
export function importLines({ counts, lines, complete }: ImportReport, written: string | undefined): string[] {
  const { enrolled, alreadyThere, refused, reasons } = counts;
  const because = Object.entries(reasons).map(([code, count]) => `${count} ${code}`);
  return [
    `${enrolled} enrolled, ${alreadyThere} there already, ${refused} not enrolled${refused > 0 ? `: ${because.join(', ')}` : ''}.`,
    ...(written === undefined ? shown(lines.filter(({ outcome }) => outcome === 'refused')) : []),
    ...(written === undefined ? [] : [`What became of each photo is in ${written}.json and ${written}.csv.`]),
    ...(reasons.several_faces ? [chooseHint(written)] : []),
    ...similarLines(lines),
    ...(complete ? [] : ['Stopped; the same command goes on from here.']),
  ];
}

function similarLines(lines: readonly ImportLine[]): string[] {
  const similar = lines.filter(({ warnings }) => warnings.includes('similar_name'));
  const told = similar.slice(0, SHOWN).map(({ person, message }) => `  ${person}: ${message}`);
  return similar.length > SHOWN ? [...told, `  and ${similar.length - SHOWN} more similar names.`] : told;
}

function shown(refused: readonly ImportLine[]): string[] {
  const told = refused.slice(0, SHOWN).map(({ file, line, person, message }) => {
    const place = [file ?? person ?? '', ...(line === null ? [] : [`line ${line}`])].join(', ');
    return `  ${place}: ${message}`;
  });
  return refused.length > SHOWN ? [...told, `  and ${refused.length - SHOWN} more: --report writes them all.`] : told;
}

function chooseHint(written: string | undefined): string {
  const csv = written === undefined ? 'the CSV file of --report' : `${written}.csv`;
  return `Where a photo shows several faces, write the number of the right one into the column "face" of ${csv}, and run the same with --choose and that file.`;
}

/**
 * Reads which face of which photo to enrol: a CSV file with the columns `file` and `face`, such as a report in which the
 * column `face` was filled in. Rows without a face are ignored.
 * @returns file -> face
 * @throws RostroError `bad_list`, also if a face is not a number
 */
export function parseChoices(bytes: Uint8Array, encoding?: Encoding): Map<string, number> {
  const { rows, bad } = parsePhotoList(bytes, { required: ['file', 'face'], encoding });
  if (bad.length > 0) throw new RostroError('bad_list', `Line ${bad[0].line} of the choices: ${bad[0].message}`);
  return new Map(rows.flatMap(({ file, face }) => (face === null ? [] : [[file, face] as const])));
}
