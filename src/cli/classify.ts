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
import { fixedMatcherSource, type MatcherSource } from '../matching/matcher.js';
import { TrainedMatcherSource } from '../matching/classifiers/trained-matcher-source.js';
import { fileCommand } from './each-file.js';
import { formatBox, formatNumber, formatShare } from './output.js';

/** `rostro classify FILE…`: names the people in photos with the classifier of `rostro train`. */
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
 * Uses the classifier of the gallery, retrained if the gallery has changed, or the one of a file.
 * @throws RostroError `classifier_missing`
 */
function composeTrained(config: Config, model: string | undefined): Promise<Core> {
  const file = model === undefined ? galleryClassifierFile(config.storage.stateDir) : resolve(model);
  return composeCore(config, {
    access: 'read',
    openMatching: async (parts) => {
      const stored = await requireClassifier(file, parts.contract.id, parts.vault);
      if ('samples' in stored.trainedOn) return matchingOfFolder(stored, stored.trainedOn.samples);
      return TrainedMatcherSource.open({ ...parts, options: stored.options });
    },
  });
}

function matchingOfFolder(
  { options, state, decision, strangers }: StoredClassifier,
  samples: FolderSamples,
): MatcherSource {
  const nearest = new NearestMatcher({ version: 1, people: () => peopleOf(samples) });
  const classifier = classifierOf(state, samples, strangers);
  const { names } = samples;
  const { kind } = options;
  return fixedMatcherSource(
    new ClassifierMatcher({ kind, classifier, decision, names, isEnrolled: () => true, nearest }),
  );
}

type FolderSamples = Extract<StoredClassifier['trainedOn'], { samples: unknown }>['samples'];
