import type { Deliveries } from '../deliver/deliveries.js';
import type { EventHub } from '../events/event-hub.js';
import type { Cameras } from './cameras/cameras.js';
import type { Backups } from './backup/backup.js';
import type { ImportJobs } from './bulk/import-jobs.js';
import type { CompreFaceServices } from './compreface/services.js';
import type { CalibrationService } from './learning/calibration.js';
import type { Enrolment } from './enrolment.js';
import type { Erasure } from './erasure/erasure.js';
import type { PersonExports } from './erasure/person-export.js';
import type { LiveSessions } from './live/live-sessions.js';
import type { People } from './people.js';
import type { Readiness } from './readiness.js';
import type { RecognitionService } from './recognition.js';

/** Everything that the routes and the commands call. */
export interface Services {
  readonly enrolment: Enrolment;
  readonly recognition: RecognitionService;
  readonly live: LiveSessions;
  readonly cameras: Cameras;
  readonly events: EventHub;
  readonly deliveries: Deliveries;
  readonly people: People;
  readonly compreface: CompreFaceServices;
  readonly erasure: Erasure;
  readonly exports: PersonExports;
  readonly imports: ImportJobs;
  readonly backups: Backups;
  readonly readiness: Readiness;
  readonly calibration: CalibrationService;
}
