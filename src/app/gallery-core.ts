import { Attendance } from '../attendance/attendance.js';
import type { Config } from './config.js';
import { redactOutboxes } from '../events/outbox.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import type { NameRedactor } from '../events/event.js';
import { contractOf } from '../faces/pipeline/spec.js';
import { BackupExporter } from '../transfer/backup/backup.js';
import type { PluginData } from '../privacy/plugin-data.js';
import { Erasure } from '../privacy/erasure.js';
import { PersonExports } from '../privacy/person-export.js';
import { CalibrationService } from '../matching/thresholds/calibration-service.js';
import type { GalleryThreshold } from '../matching/thresholds/threshold-source.js';
import { TrainingThread } from '../matching/classifiers/training-thread.js';
import { People } from '../people/people.js';
import type { Services } from '../http/services.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { openStorage, openStoredGallery, withCleanup, type Cleanup, type StorageOptions } from './storage.js';
import { chooseForGallery, pipelineSpec } from './pipeline.js';
import { dataOf } from './plugins.js';
import { applyThreshold, openThreshold } from './matching.js';

/** The parts for commands that look at no photo: no network is loaded. */
export interface GalleryCore extends Pick<
  Services,
  'people' | 'erasure' | 'exports' | 'backups' | 'calibration' | 'applyThreshold'
> {
  readonly gallery: Gallery;
  readonly attendance: Attendance;
  readonly contract: EmbedderContract;
  readonly pluginData: readonly PluginData[];
  readonly vault: Vault;
  close(): Promise<void>;
}

/** @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do */
export function composeGallery(config: Config, options: Omit<StorageOptions, 'stores'> = {}): Promise<GalleryCore> {
  return withCleanup((cleanup) => compose(config, options, cleanup));
}

async function compose(given: Config, options: StorageOptions, cleanup: Cleanup): Promise<Omit<GalleryCore, 'close'>> {
  const storage = await openStorage(given, options, cleanup);
  const { trail, vault, log, stores } = storage;
  const { config } = await chooseForGallery(given, { ...stores, vault }, options.embedderIfEmpty);
  const { stateDir } = config.storage;
  const contract = await contractOf(pipelineSpec(config));
  const { gallery } = await openStoredGallery(storage, config, contract, cleanup);
  const redactor: NameRedactor = { redactNames: (isEnrolled) => redactOutboxes({ stateDir, vault, log }, isEnrolled) };
  const thread = new TrainingThread();
  cleanup.push(() => thread.close());
  const threshold: GalleryThreshold = await openThreshold(config, {
    gallery,
    contract,
    store: stores.calibrations,
    measure: (far) => calibration.report(far),
  });
  const pluginData = dataOf(stores.plugins);
  const attendance = new Attendance({ store: stores.attendance, gallery, trail });
  const parts = { gallery, attendance, pluginData, trail, contract, stateDir, vault };
  const calibration = new CalibrationService({ ...parts, thread, threshold });
  return {
    gallery,
    attendance,
    pluginData,
    contract,
    vault,
    people: new People(gallery),
    erasure: new Erasure({ ...parts, matching: { retrains: false }, redactor }),
    exports: new PersonExports({ ...parts, sightings: stores.sightings }),
    backups: new BackupExporter(parts),
    calibration,
    applyThreshold: applyThreshold(trail, calibration),
  };
}
