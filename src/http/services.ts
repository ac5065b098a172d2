import type { Attendance } from '../attendance/attendance.js';
import type { PictureMarks } from '../attendance/picture-marks.js';
import type { History } from '../history/history.js';
import type { SightingCorrection } from '../history/sighting-correction.js';
import type { Strangers } from '../history/strangers.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import type { AuditedSightings } from '../privacy/audited-sightings.js';
import type { Deliveries } from '../events/deliveries.js';
import type { EventHub } from '../events/event-hub.js';
import type { Cameras } from '../cameras/cameras.js';
import type { Challenges } from '../challenges/challenges.js';
import type { BackupExporter } from '../transfer/backup/backup.js';
import type { ImportJobs } from '../transfer/import/import-jobs.js';
import type { AppliedCalibration } from '../matching/thresholds/applied-calibration.js';
import type { CalibrationService, ThresholdChoice } from '../matching/thresholds/calibration-service.js';
import type { GalleryThreshold } from '../matching/thresholds/threshold-source.js';
import type { Correction } from '../people/correction.js';
import type { Enrolment } from '../people/enrolment.js';
import type { Erasure } from '../privacy/erasure.js';
import type { PersonExports } from '../privacy/person-export.js';
import type { LiveSessions } from '../live/live-sessions.js';
import type { People } from '../people/people.js';
import type { PluginServices, PluginStatus } from './plugin.js';
import type { EmbedderChange, EmbedderChoice, HealthReport } from './schemas.js';
import type { ServerSettings } from './server-settings.js';
import type { Readiness } from './readiness.js';
import type { Licences } from '../faces/pipeline/spec.js';
import type { RecognitionService } from '../people/recognition.js';

/** The services that routes and commands call. */
export interface Services {
  readonly enrolment: Enrolment;
  readonly correction: Correction;
  readonly recognition: RecognitionService;
  /** Of the networks that run. */
  readonly licences: Licences;
  readonly live: LiveSessions;
  readonly challenges: Challenges;
  readonly cameras: Cameras;
  readonly events: EventHub;
  readonly deliveries: Deliveries;
  readonly people: People;
  readonly forPlugins: PluginServices;
  readonly erasure: Erasure;
  readonly exports: PersonExports;
  readonly history: History;
  readonly auditedSightings: AuditedSightings;
  readonly sightingCorrection: SightingCorrection;
  readonly attendance: Attendance;
  readonly pictureMarks: PictureMarks;
  readonly strangers: Strangers;
  readonly imports: ImportJobs;
  readonly backups: BackupExporter;
  readonly readiness: Readiness;
  readonly trail: Pick<AuditTrail, 'change'>;
  /** What plugins add to the server. */
  readonly plugins: readonly PluginStatus[];
  readonly threshold: GalleryThreshold;
  readonly calibration: CalibrationService;
  readonly settings: ServerSettings;
  readonly health: { report(): Promise<HealthReport> };
  readonly modelChange: {
    readonly change: EmbedderChange | null;
    choices(): EmbedderChoice[];
    /** @throws RostroError `bad_request`, `busy`, `bad_config` */
    prepare(embedder: string): unknown;
    stop(): Promise<void>;
  };
  /** `calibration.apply`, recorded in the audit log. */
  readonly applyThreshold: (choice: ThresholdChoice) => Promise<AppliedCalibration>;
}
