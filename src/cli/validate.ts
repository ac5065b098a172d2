import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { effectiveThreshold } from '../app/matching.js';
import { assertAllPhotos, identify, type OpenSetFlip, searchOpenSet } from '../evaluation/identify.js';
import { locateOpenSet, openSetInFolder, type OpenSetPhoto, parseOpenSet } from '../evaluation/open-set.js';
import { RostroError } from '../shared/errors.js';
import { writePrivate } from '../shared/files.js';
import { validateLiveness } from '../evaluation/liveness.js';
import { judgePresentations, listPresentations } from '../evaluation/presentations.js';
import { assertNoneMissing, formPairs, locatePhotos, parsePairs } from '../evaluation/pairs.js';
import type { FlipMode } from '../shared/statistics/vectors.js';
import { validatePairs } from '../evaluation/validate.js';
import { runBatch } from './batch.js';
import { embedFiles } from './folder-samples.js';
import { parseRate } from './output.js';
import { htmlReport } from './report/html.js';
import { identificationHtml } from './report/identification-html.js';
import { identificationJson, identificationLines } from './report/identification.js';
import { livenessHtml, livenessJson, livenessLines } from './report/liveness.js';
import { reportJson, reportLines } from './report/validation.js';
import { withSettings } from './settings.js';
import { print, printError } from './io.js';

interface ValidateFlags {
  readonly pairs?: string;
  readonly identify?: string;
  readonly liveness?: string;
  readonly flip?: FlipMode | 'enrol' | true;
  readonly subtractMean?: boolean;
  readonly aligned?: boolean;
  readonly allowMissing?: boolean;
  readonly far: string;
  readonly json?: boolean;
  readonly html?: string;
}

/** `rostro validate`: LFW's protocol on pairs of photos, open-set identification, or liveness. */
export function validateCommand(): Command {
  const command = new Command('validate')
    .description(
      'Measure detector and embedder: on pairs of photos, by the protocol of Labeled Faces in the Wild, by searching for people who are enrolled and for strangers, or on photos of people and of attacks on the liveness check.',
    )
    .argument('[dir]', 'folder of people’s folders: Ada_Lovelace/Ada_Lovelace_0001.jpg')
    .option('--pairs <file>', "which photos to compare, in the format of LFW's pairs.txt")
    .addOption(identifyOption())
    .addOption(livenessOption())
    .addOption(flipOption())
    .option('--subtract-mean', 'take the mean of the other folds from every embedding and bring it to unit length')
    .option('--aligned', 'the photos are crops of "rostro align": take each as it is, detect nothing')
    .option('--allow-missing', 'measure the rest where photos are missing or show no face')
    .option('--far <share>', 'the false-accept rate at which the validation rate is told', '0.001')
    .option('--json', 'everything as one JSON object')
    .option('--html <file>', 'write a report with charts and the worst pairs as pictures');
  return withSettings(command).action((dir?: string) => run(command, dir));
}

function identifyOption(): Option {
  return new Option(
    '--identify <list>',
    'whom to enrol and search for: a file of "enrol|probe|stranger", person, number of the photo and maybe a group, separated by tabs; or a folder with the folders enrol, probe and stranger',
  ).conflicts(['pairs', 'subtractMean', 'far']);
}

function livenessOption(): Option {
  return new Option(
    '--liveness <dir>',
    'photos of people in the folder live (or real), attacks in a folder for each kind, such as print',
  ).conflicts(['pairs', 'identify', 'flip', 'subtractMean', 'aligned', 'allowMissing', 'far']);
}

function flipOption(): Option {
  return new Option(
    '--flip [how]',
    'embed the mirrored face too, and concatenate or average both; with --identify: average, or enrol for enrolled photos only',
  ).choices(['concat', 'average', 'enrol']);
}

async function run(command: Command, dir: string | undefined): Promise<void> {
  const { pairs, identify: list, liveness }: ValidateFlags = command.opts();
  if (liveness !== undefined && dir !== undefined) {
    throw new RostroError('bad_config', '--liveness takes no other folder.');
  }
  if (liveness !== undefined) return runLiveness(command, resolve(liveness));
  if (list !== undefined) return runIdentification(command, dir, list);
  if (pairs === undefined) throw new RostroError('bad_config', 'Give one of --pairs, --identify and --liveness.');
  if (dir === undefined) throw new RostroError('bad_config', '--pairs needs the folder of the photos.');
  return runValidation(command, resolve(dir), pairs);
}

async function runValidation(command: Command, dir: string, list: string): Promise<void> {
  const flags: ValidateFlags = command.opts();
  const far = parseRate(flags.far, '--far');
  const flip = pairFlip(flags.flip);
  const pairs = parsePairs(await readText(list));
  await runBatch(command, 'photos', async (batch) => {
    const files = await locatePhotos(pairs, dir);
    const there = [...files.values()].filter((path) => path !== null);
    const results = await embedFiles(there, batch, { aligned: flags.aligned ?? false, mirrored: flip !== null });
    if (batch.signal.aborted) {
      printError('Stopped; the same command goes on from here.');
      return;
    }
    const { formed, missing } = formPairs(pairs, files, results, flip);
    if (!flags.allowMissing) assertNoneMissing(pairs.length, formed.length, missing);
    const { contract, detector } = batch.pipeline.info;
    const subtractMean = flags.subtractMean ?? false;
    const { threshold } = batch.config.search;
    const ownThreshold = typeof threshold === 'number' ? threshold : contract.threshold;
    const validation = validatePairs(formed, { subtractMean, far, ownThreshold });
    const made = { embedder: contract.name, contract: contract.id, flip, subtractMean };
    const run = {
      validation,
      missing,
      pairsInFile: pairs.length,
      detector: flags.aligned ? 'none' : detector,
      ...made,
    };
    if (flags.html !== undefined) await writePrivate(flags.html, await htmlReport(run));
    print(flags.json ? JSON.stringify(reportJson(run)) : reportLines(run).join('\n'));
  });
}

/** @throws RostroError `bad_config` */
function pairFlip(flip: ValidateFlags['flip']): FlipMode | null {
  if (flip === 'enrol') throw new RostroError('bad_config', '--flip enrol goes with --identify, not with --pairs.');
  return flip === true ? 'concat' : (flip ?? null);
}

async function runIdentification(command: Command, dir: string | undefined, list: string): Promise<void> {
  const flags: ValidateFlags = command.opts();
  const flip = openSetFlip(flags.flip);
  const photos = await openSet(dir, list);
  await runBatch(command, 'photos', async (batch) => {
    const there = photos.flatMap(({ path }) => (path === null ? [] : [path]));
    const results = await embedFiles(there, batch, { aligned: flags.aligned ?? false, mirrored: flip !== null });
    if (batch.signal.aborted) {
      printError('Stopped; the same command goes on from here.');
      return;
    }
    const { searches, ...set } = searchOpenSet(photos, results, flip);
    if (!flags.allowMissing) assertAllPhotos(photos.length, set.missing);
    const { contract, detector } = batch.pipeline.info;
    const threshold = await effectiveThreshold(batch.config, contract, set.enrolledPhotos);
    const identification = identify(searches, threshold.value);
    const made = { embedder: contract.name, contract: contract.id, detector: flags.aligned ? 'none' : detector, flip };
    const report = { ...made, ...set, thresholdSource: threshold.source, identification };
    if (flags.html !== undefined) await writePrivate(flags.html, await identificationHtml(report));
    print(flags.json ? JSON.stringify(identificationJson(report)) : identificationLines(report).join('\n'));
  });
}

async function runLiveness(command: Command, dir: string): Promise<void> {
  const flags: ValidateFlags = command.opts();
  const presentations = await listPresentations(dir);
  await runBatch(command, 'photos', async ({ pipeline, concurrency, signal, progress }) => {
    const { detector, livenessThreshold: threshold } = pipeline.info;
    if (threshold === null) {
      throw new RostroError(
        'model_missing',
        'No liveness networks run: "rostro models pull liveness" fetches them, and LIVENESS must not be off.',
      );
    }
    const onPhoto = (done: number, total: number) => {
      progress.update(done, total);
    };
    const judged = await judgePresentations(dir, presentations, { pipeline, concurrency, signal, onPhoto });
    progress.stop();
    if (signal.aborted) {
      printError('Stopped.');
      return;
    }
    const run = { detector, dir, validation: validateLiveness(judged, threshold) };
    if (flags.html !== undefined) await writePrivate(flags.html, await livenessHtml(run));
    print(flags.json ? JSON.stringify(livenessJson(run)) : livenessLines(run).join('\n'));
  });
}

/** @throws RostroError `bad_config` */
function openSetFlip(flip: ValidateFlags['flip']): OpenSetFlip | null {
  if (flip === undefined || flip === 'average' || flip === 'enrol') return flip ?? null;
  throw new RostroError('bad_config', 'With --identify, --flip is average or enrol.');
}

/** @throws RostroError `bad_config`, `no_file` or `bad_openset` */
async function openSet(dir: string | undefined, list: string): Promise<OpenSetPhoto[]> {
  const isFolder = await stat(list).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return locateOpenSet(parseOpenSet(await readText(list)), resolve(dir ?? dirname(list)));
  if (dir === undefined) return openSetInFolder(resolve(list));
  throw new RostroError('bad_config', '--identify with a folder takes no other folder.');
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
    throw new RostroError('no_file', `Cannot read ${file}: ${reason}.`, { cause });
  }
}
