import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { everyoneIn } from '../app/open-gallery.js';
import { RostroError } from '../shared/errors.js';
import { CLASSIFIER_KINDS, type ClassifierKind } from '../matching/classifiers/classifier.js';
import { samplesOf, type Samples } from '../matching/classifiers/samples.js';
import { whyUntrainable, type Training, type TrainingOptions } from '../matching/classifiers/training/train.js';
import {
  folderClassifierFile,
  galleryClassifierFile,
  noSamples,
  saveClassifier,
  seenPeople,
  type StoredClassifier,
} from '../matching/classifiers/classifier-store.js';
import { peopleInFolder, strangersInFolder } from '../evaluation/folder-samples.js';
import { LearningThread } from '../matching/classifiers/learning-thread.js';
import { loadStrangers, saveStrangers } from '../matching/classifiers/strangers-store.js';
import { runBatch, type Batch } from './batch.js';
import { embedFolder, sayWhatWasSkipped } from './folder-samples.js';
import { parseRate } from './rate.js';
import { trainingLines } from './report/training.js';
import { withSettings } from './settings.js';

interface TrainFlags {
  readonly classifier: ClassifierKind;
  readonly kernel: 'linear' | 'rbf';
  readonly far: string;
  readonly strangers?: string;
  readonly aligned?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

/** `rostro train [DIR]`: a classifier of the gallery, or of a folder of people's folders. */
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
    console.error('Stopped; the same command goes on from here.');
    return;
  }
  const training = await learn(known.samples, strangers, options);
  const file = resolve(flags.out ?? known.file);
  const made = { version: 1, contract: id, trainedAt: new Date().toISOString() } as const;
  const { state, decision } = training;
  const { trainedOn } = known;
  await saveClassifier(file, { ...made, options, trainedOn, strangers, state, decision }, batch.vault);
  const { report } = training;
  if (flags.json) console.log(JSON.stringify({ file, options, state: { kind: state.kind }, decision, report }));
  else console.log(trainingLines(training, options, file).join('\n'));
}

interface Known {
  readonly samples: Samples;
  readonly trainedOn: StoredClassifier['trainedOn'];
  readonly file: string;
}

async function fromGallery({ config, pipeline, vault }: Batch): Promise<Known> {
  const everyone = await everyoneIn(config, pipeline.info.contract, vault);
  return {
    samples: samplesOf(everyone),
    trainedOn: { people: seenPeople(everyone) },
    file: galleryClassifierFile(config.stateDir),
  };
}

async function fromFolder(dir: string, { aligned = false }: TrainFlags, batch: Batch): Promise<Known> {
  const found = await embedFolder(await peopleInFolder(dir), batch, aligned);
  sayWhatWasSkipped(found);
  const { samples } = found;
  return { samples, trainedOn: { samples }, file: folderClassifierFile(batch.config.stateDir) };
}

async function strangersFor({ strangers: dir, aligned = false }: TrainFlags, batch: Batch): Promise<Samples> {
  const { stateDir } = batch.config;
  const { id, dimension } = batch.pipeline.info.contract;
  if (dir === undefined) return (await loadStrangers(stateDir, id, batch.vault)) ?? noSamples(dimension);
  const found = await embedFolder(await strangersInFolder(dir), batch, aligned);
  sayWhatWasSkipped(found);
  if (!batch.signal.aborted) await saveStrangers(stateDir, id, found.samples, batch.vault);
  return found.samples;
}

async function learn(samples: Samples, strangers: Samples, options: TrainingOptions): Promise<Training> {
  const why = whyUntrainable(samples, strangers.person.length);
  if (why !== null) throw new RostroError('too_few_examples', `Nothing was trained: ${why}.`);
  const thread = new LearningThread();
  try {
    return await thread.train(samples, strangers, options);
  } finally {
    await thread.close();
  }
}
