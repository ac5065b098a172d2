import type { Config } from './config.js';
import { keepNamesInOutboxes } from '../events/delivery/outbox-files.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import type { KeepsNames } from '../events/keeps-names.js';
import { contractOf } from '../faces/pipeline/contract.js';
import { Backups } from '../transfer/backup/backup.js';
import type { EmptySubjects } from '../plugins/compreface/empty-subjects.js';
import { Erasure } from '../privacy/erasure.js';
import { PersonExports } from '../privacy/person-export.js';
import { CalibrationService } from '../matching/thresholds/calibration-service.js';
import { LearningThread } from '../matching/classifiers/learning-thread.js';
import { People } from '../people/people.js';
import type { Services } from '../http/services.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { closeable, layFoundation, openOn, type Closing, type FoundationChoices } from './foundation.js';
import { pipelineSpec } from './pipeline-spec.js';
import { thresholdInUse } from './threshold.js';

/** What a command does with the gallery without looking at a photo: no network is loaded. */
export interface GalleryCore extends Pick<Services, 'people' | 'erasure' | 'exports' | 'backups' | 'calibration'> {
  readonly gallery: Gallery;
  readonly contract: EmbedderContract;
  readonly subjects: EmptySubjects;
  readonly vault: Vault;
  close(): Promise<void>;
}

/** @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do */
export function composeGallery(config: Config, choices: Omit<FoundationChoices, 'stores'> = {}): Promise<GalleryCore> {
  return closeable((closing) => compose(config, choices, closing));
}

async function compose(
  config: Config,
  choices: FoundationChoices,
  closing: Closing,
): Promise<Omit<GalleryCore, 'close'>> {
  const { stateDir } = config;
  const foundation = await layFoundation(config, choices, closing);
  const { trail, vault, log, stores } = foundation;
  const contract = await contractOf(pipelineSpec(config));
  const { gallery } = await openOn(foundation, config, contract, closing);
  const told: KeepsNames = { keepNames: (isEnrolled) => keepNamesInOutboxes({ stateDir, vault, log }, isEnrolled) };
  const thread = new LearningThread();
  closing.push(() => thread.close());
  const threshold = await thresholdInUse(config, contract);
  const subjects = stores.emptySubjects;
  const parts = { gallery, subjects, trail, contract, stateDir, vault };
  return {
    ...{ gallery, subjects, contract, vault },
    people: new People(gallery),
    erasure: new Erasure({ ...parts, matching: { learns: false }, told }),
    exports: new PersonExports(parts),
    backups: new Backups(parts),
    calibration: new CalibrationService({ ...parts, thread, threshold }),
  };
}
