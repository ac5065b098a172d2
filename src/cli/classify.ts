import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { composeCore, type Core } from '../app/core.js';
import type { Config } from '../app/config.js';
import { ClassifierMatcher } from '../matching/classifiers/classifier-matcher.js';
import { NearestMatcher } from '../matching/nearest.js';
import { peopleOf } from '../matching/classifiers/samples.js';
import { classifierOf } from '../matching/classifiers/training/train.js';
import {
  galleryClassifierFile,
  requireClassifier,
  type StoredClassifier,
} from '../matching/classifiers/classifier-store.js';
import { alwaysMatching, type Matching } from '../matching/classifiers/matching.js';
import { TrainedMatching } from '../matching/classifiers/trained-matching.js';
import { fileCommand } from './each-file.js';
import { formatBox, formatNumber, formatShare } from './output.js';

/** `rostro classify FILE…`: who is in the photos, by the classifier that `rostro train` made. */
export function classifyCommand(): Command {
  const command = fileCommand({
    name: 'classify',
    description: 'Name the faces in photos with the classifier that "rostro train" made.',
    compose: (config, { model }) => composeTrained(config, typeof model === 'string' ? model : undefined),
    work: (core, bytes) => core.recognition.recognize(bytes),
    columns: ['name', 'probability', 'nearest', 'distance', 'box'],
    rows: ({ faces }) =>
      faces.map(({ name, probability, nearest, distance, box }) => [
        name ?? 'unknown',
        probability === undefined ? '–' : formatShare(probability),
        nearest ?? '–',
        formatNumber(distance),
        formatBox(box),
      ]),
  });
  return command.addOption(new Option('--model <file>', 'a classifier file (default: that of the gallery)'));
}

/**
 * With the classifier of the gallery, which is trained anew where the gallery has changed since, or with that of a file.
 * @throws RostroError `classifier_missing`
 */
function composeTrained(config: Config, model: string | undefined): Promise<Core> {
  const file = model === undefined ? galleryClassifierFile(config.stateDir) : resolve(model);
  return composeCore(config, {
    access: 'read',
    open: async (parts) => {
      const stored = await requireClassifier(file, parts.contract.id, parts.vault);
      if ('samples' in stored.trainedOn) return matchingOfFolder(stored, stored.trainedOn.samples);
      return TrainedMatching.open({ ...parts, options: stored.options });
    },
  });
}

function matchingOfFolder({ options, state, decision, strangers }: StoredClassifier, samples: FolderSamples): Matching {
  const nearest = new NearestMatcher({ version: 1, people: () => peopleOf(samples) });
  const classifier = classifierOf(state, samples, strangers);
  const { names } = samples;
  const { kind } = options;
  return alwaysMatching(new ClassifierMatcher({ kind, classifier, decision, names, isThere: () => true, nearest }));
}

type FolderSamples = Extract<StoredClassifier['trainedOn'], { samples: unknown }>['samples'];
