import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { RostroError } from '../shared/errors.js';
import { assertNoneMissing, formPairs, locatePhotos, parsePairs } from '../evaluation/pairs.js';
import type { FlipMode } from '../shared/statistics/vectors.js';
import { validatePairs } from '../evaluation/validate.js';
import { runBatch } from './batch.js';
import { embedFiles } from './folder-samples.js';
import { parseRate } from './output.js';
import { htmlReport } from './report/html.js';
import { reportJson, reportLines } from './report/validation.js';
import { withSettings } from './settings.js';
import { print, printError } from './io.js';

interface ValidateFlags {
  readonly pairs: string;
  readonly flip?: FlipMode | true;
  readonly subtractMean?: boolean;
  readonly aligned?: boolean;
  readonly allowMissing?: boolean;
  readonly far: string;
  readonly json?: boolean;
  readonly html?: string;
}

/** `rostro validate DIR --pairs pairs.txt`: LFW's protocol on a folder laid out as LFW is. */
export function validateCommand(): Command {
  const command = new Command('validate')
    .description('Measure detector and embedder on pairs of photos, by the protocol of Labeled Faces in the Wild.')
    .argument('<dir>', 'folder of people’s folders: Ada_Lovelace/Ada_Lovelace_0001.jpg')
    .requiredOption('--pairs <file>', "which photos to compare, in the format of LFW's pairs.txt")
    .addOption(flipOption())
    .option('--subtract-mean', 'take the mean of the other folds from every embedding and bring it to unit length')
    .option('--aligned', 'the photos are crops of "rostro align": take each as it is, detect nothing')
    .option('--allow-missing', 'measure the rest where photos are missing or show no face')
    .option('--far <share>', 'the false-accept rate at which the validation rate is told', '0.001')
    .option('--json', 'everything as one JSON object')
    .option('--html <file>', 'write a report with charts and the worst pairs as pictures');
  return withSettings(command).action((dir: string) => runValidation(command, resolve(dir)));
}

function flipOption(): Option {
  return new Option('--flip [how]', 'embed the mirrored face too, and concatenate or average both').choices([
    'concat',
    'average',
  ]);
}

async function runValidation(command: Command, dir: string): Promise<void> {
  const flags: ValidateFlags = command.opts();
  const far = parseRate(flags.far, '--far');
  const pairs = parsePairs(await readText(flags.pairs));
  const flip = flags.flip === true ? 'concat' : (flags.flip ?? null);
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
    const ownThreshold = batch.config.search.threshold ?? contract.threshold;
    const validation = validatePairs(formed, { subtractMean, far, ownThreshold });
    const made = { embedder: contract.name, contract: contract.id, flip, subtractMean };
    const run = {
      validation,
      missing,
      pairsInFile: pairs.length,
      detector: flags.aligned ? 'none' : detector,
      ...made,
    };
    if (flags.html !== undefined) await writeFile(flags.html, await htmlReport(run));
    print(flags.json ? JSON.stringify(reportJson(run)) : reportLines(run).join('\n'));
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
    throw new RostroError('no_file', `Cannot read ${file}: ${reason}.`, { cause });
  }
}
