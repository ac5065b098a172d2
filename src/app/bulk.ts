import { join } from 'node:path';
import type { AuditTrail } from '../privacy/audit/trail.js';
import type { Config } from './config.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import { Backups } from '../transfer/backup/backup.js';
import { ImportJobs } from '../transfer/import/import-jobs.js';
import { Importer } from '../transfer/import/importer.js';
import type { EmptySubjects } from '../plugins/compreface/empty-subjects.js';
import type { Enrolment } from '../people/enrolment.js';
import type { Services } from '../http/services.js';
import type { Gallery } from '../gallery/gallery.js';

/** Photos of an import that each worker is given at once; it takes one more, so that nobody else waits for long. */
const PHOTOS_PER_WORKER = 3;

/** What moves many photos, or everybody, at once. */
export function bulkServices(
  { maxImageBytes, stateDir, workers }: Config,
  parts: {
    enrolment: Enrolment;
    gallery: Gallery;
    subjects: EmptySubjects;
    trail: AuditTrail;
    contract: EmbedderContract;
  },
): Pick<Services, 'imports' | 'backups'> {
  const importer = new Importer({ ...parts, maxImageBytes });
  const folder = join(stateDir, 'import');
  const concurrency = workers * PHOTOS_PER_WORKER;
  return { imports: new ImportJobs({ importer, folder, maxImageBytes, concurrency }), backups: new Backups(parts) };
}
