import type { z } from 'zod';
import type { healthReport } from './schemas.js';

/** The state of the server and its gallery. */
export type HealthReport = z.infer<typeof healthReport>;
export type HealthFinding = HealthReport['findings'][number];
