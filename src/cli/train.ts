import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { readEmbeddedPeople } from '../app/storage.js';
import { peopleInFolder, strangersInFolder } from '../evaluation/folder-samples.js';
import {
  folderClassifierFile,
  galleryClassifierFile,
  loadStrangers,
  emptySamples,
  saveClassifier,
  saveStrangers,
  trainedPeople,
  type StoredClassifier,
} from '../matching/classifiers/classifier-store.js';
import { CLASSIFIER_KINDS, type ClassifierKind } from '../matching/classifiers/classifier.js';
import { TrainingThread } from '../matching/classifiers/training-thread.js';
import { type Samples, samplesOf } from '../matching/classifiers/samples.js';
import { type Training, type TrainingOptions, untrainableReason } from '../matching/classifiers/training/train.js';
import { RostroError } from '../shared/errors.js';
import { type Batch, runBatch } from './batch.js';
import { embedFolder, sayWhatWasSkipped } from './folder-samples.js';
import { formatShare, formatTable, parseRate } from './output.js';
import { withSettings } from './settings.js';
import { print, printError } from './io.js';

interface TrainFlags {
  readonly classifier: ClassifierKind;
  readonly kernel: 'linear' | 'rbf';
  readonly far: string;
  readonly strangers?: string;
  readonly aligned?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

/** `rostro train [DIR]`: trains a classifier on the gallery, or on a folder with one folder per person. */
export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a classifier on the gallery, or on a folder of people’s folders, and tell how good it is.')
    .argument('[dir]', 'folder of people’s folders (default: the gallery)')
    .addOption(new Option('--classifier <kind>', 'which classifier').choices(CLASSIFIER_KINDS).default('svm'))
    .addOption(new Option('--kernel <kind>', 'of the svm').choices(['linear', 'rbf']).default('rbf'))
    .option('--far <share>', 'the share of strangers who may be given a name', '0.01')
    .option('--strangers <dir>', 'photos of people who are not enrolled; their embeddings are remembered')
    .option('--aligned', 'the photos are crops of "rostro align": take each as it is, detect nothing')
    .option('--out <file>', 'where the classifier is written (default: below .state/)')
    .option('--json', 'the report as one JSON object');
  return withSettings(command).action((dir: string | undefined) =>
    runBatch(command, 'photos', (batch) => train(command.opts<TrainFlags>(), dir, batch)),
  );
}

async function train(flags: TrainFlags, dir: string | undefined, batch: Batch): Promise<void> {
  const options = { kind: flags.classifier, kernel: flags.kernel, far: parseRate(flags.far, '--far') };
  const { id } = batch.pipeline.info.contract;
  const strangers = await strangersFor(flags, batch);
  const known = dir === undefined ? await fromGallery(batch) : await fromFolder(dir, flags, batch);
  if (batch.signal.aborted) {
    printError('Stopped; the same command goes on from here.');
    return;
  }
  const training = await learn(known.samples, strangers, options);
  const file = resolve(flags.out ?? known.file);
  const made = { version: 1, contract: id, trainedAt: new Date().toISOString() } as const;
  const { state, decision } = training;
  const { trainedOn } = known;
  await saveClassifier(file, { ...made, options, trainedOn, strangers, state, decision }, batch.vault);
  const { report } = training;
  if (flags.json) print(JSON.stringify({ file, options, state: { kind: state.kind }, decision, report }));
  else print(trainingLines(training, options, file).join('\n'));
}

interface Known {
  readonly samples: Samples;
  readonly trainedOn: StoredClassifier['trainedOn'];
  readonly file: string;
}

async function fromGallery({ config, pipeline, vault }: Batch): Promise<Known> {
  const everyone = await readEmbeddedPeople(config, pipeline.info.contract, vault);
  return {
    samples: samplesOf(everyone),
    trainedOn: { people: trainedPeople(everyone) },
    file: galleryClassifierFile(config.storage.stateDir),
  };
}

async function fromFolder(dir: string, { aligned = false }: TrainFlags, batch: Batch): Promise<Known> {
  const found = await embedFolder(await peopleInFolder(dir), batch, aligned);
  sayWhatWasSkipped(found);
  const { samples } = found;
  return { samples, trainedOn: { samples }, file: folderClassifierFile(batch.config.storage.stateDir) };
}

async function strangersFor({ strangers: dir, aligned = false }: TrainFlags, batch: Batch): Promise<Samples> {
  const { stateDir } = batch.config.storage;
  const { id, dimension } = batch.pipeline.info.contract;
  if (dir === undefined) return (await loadStrangers(stateDir, id, batch.vault)) ?? emptySamples(dimension);
  const found = await embedFolder(await strangersInFolder(dir), batch, aligned);
  sayWhatWasSkipped(found);
  if (!batch.signal.aborted) await saveStrangers(stateDir, id, found.samples, batch.vault);
  return found.samples;
}

async function learn(samples: Samples, strangers: Samples, options: TrainingOptions): Promise<Training> {
  const why = untrainableReason(samples, strangers.person.length);
  if (why !== null) throw new RostroError('too_few_examples', `Nothing was trained: ${why}.`);
  const thread = new TrainingThread();
  try {
    return await thread.train(samples, strangers, options);
  } finally {
    await thread.close();
  }
}

/** The people with the lowest recall are listed, at most this many; `--json` lists all. */
const SHOWN = 10;

/** The result of a training as lines of text. */
export function trainingLines(training: Training, options: TrainingOptions, file: string): string[] {
  const { report, decision } = training;
  const facts = [
    ['classifier', describe(training, options)],
    ['trained on', `${report.examples} examples of ${report.people} people`],
    [
      'held out',
      `${report.tested} examples${report.single > 0 ? `; ${report.single} are the only one of their person` : ''}`,
    ],
    ['closed set', `${formatShare(report.closedSetAccuracy)} look most like themselves`],
    ['named', `${formatShare(report.named)} get their name, ${formatShare(report.misnamed)} another's`],
    ['strangers', strangersLine(training)],
  ];
  const missed = report.recall.filter(({ named, tested }) => named < tested).slice(0, SHOWN);
  const recall = missed.map(({ name, tested, right, named }) => [
    name,
    `${named} of ${tested}`,
    `${right} of ${tested}`,
  ]);
  const mixedUp = report.confusions.slice(0, SHOWN).map((pair) => [pair.person, pair.takenFor, String(pair.times)]);
  return [
    formatTable(['', ''], facts).trimStart(),
    ...(recall.length > 0 ? ['', formatTable(['not always named', 'named', 'most like themselves'], recall)] : []),
    ...(mixedUp.length > 0 ? ['', formatTable(['mixed up', 'with', 'times'], mixedUp)] : []),
    ...warnings(training, decision.far),
    '',
    `Saved in ${file}`,
  ];
}

function describe({ state }: Training, { kernel }: TrainingOptions): string {
  if (state.kind === 'svm') return `svm, ${kernel} kernel, one against the rest`;
  return state.kind === 'knn' ? `knn, k ${state.k} by cross-validation` : state.kind;
}

function strangersLine({ decision, report }: Training): string {
  const { strangersNamed, strangers, farAtMost } = decision;
  const from = report.strangersFrom === 'given' ? 'photos given' : 'searches of left-out people';
  return `${strangersNamed} of ${strangers} ${from} get a name; at most ${formatShare(farAtMost)} would (95 % sure)`;
}

function warnings({ decision: { strangers }, report: { strangersFrom } }: Training, far: number): string[] {
  const needed = Math.ceil(3 / far);
  return [
    ...(strangers < needed
      ? ['', `${strangers} strangers are too few to tell a rate of ${formatShare(far)}: that takes ${needed}.`]
      : []),
    ...(strangersFrom === 'given'
      ? []
      : [
          '',
          'No photos of strangers were given (--strangers DIR), so people of the gallery stood in for them in turn.',
        ]),
  ];
}
