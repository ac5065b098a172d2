import { z } from 'zod';
import { ERROR_CODES } from '../../shared/errors.js';
import { NOT_READY_REASONS } from '../readiness.js';
import { model } from './recognition.js';

/** For administrators: the settings and the state of the server. */

const settingValue = z.union([z.string(), z.number(), z.null()]);

const setting = z
  .strictObject({
    name: z.string().describe('As in the environment.'),
    value: settingValue.describe('In use now; null: off.'),
    default: settingValue,
    source: z
      .enum(['set', 'stored', 'default'])
      .describe('`set` by the environment or a flag, so it cannot be changed here; `stored` by an administrator.'),
    unit: z.string().nullable(),
    choices: z.array(z.string()).nullable().describe('The values that are allowed; null for a number.'),
  })
  .meta({ id: 'Setting' });

export const settings = z.strictObject({ settings: z.array(setting) }).meta({ id: 'Settings' });

export const changedSettings = z
  .strictObject({
    settings: z.array(setting),
    erases: z
      .strictObject({ examples: z.int(), people: z.int(), sightings: z.int() })
      .describe('What is older than the new limits and is erased, or would be with `preview=true`.'),
  })
  .meta({ id: 'ChangedSettings' });

/** What needs attention; the pages have a sentence and an advice for each. */
const FINDING_CODES = [
  'read_only',
  'storage_failed',
  'database_unreachable',
  'disk_low',
  'workers_missing',
  'queue_full',
  'memory_high',
  'cameras_away',
  'deliveries_failed',
  'near_people',
  'misplaced',
  'duplicates',
  'poor',
  'lost_names',
  'set_aside',
  'missing_crops',
  'open_to_others',
] as const;

const count = z.int().min(0);

export const healthReport = z
  .strictObject({
    startedAt: z.iso.datetime(),
    notReady: z.enum(NOT_READY_REASONS).nullable().describe('Why the server is not ready, as `/readyz` says it.'),
    people: count,
    examples: count,
    queue: z.strictObject({ waiting: count.describe('Photos that wait for a worker.'), limit: count }),
    workers: z.strictObject({ usable: count, wanted: count }),
    memory: z
      .strictObject({ usedBytes: count, limitBytes: count })
      .describe('Of the server and its workers; above the limit, idle workers are restarted.'),
    disk: z
      .strictObject({ freeBytes: z.number(), totalBytes: z.number() })
      .nullable()
      .describe('Of the data folder; null where the system does not tell.'),
    liveSessions: count,
    cameras: z.strictObject({ live: count, wanted: count }),
    deliveries: z.strictObject({
      waiting: count.describe('Events that a receiver has not taken yet.'),
      failed: count.describe('Events that were given up: dead letters.'),
    }),
    comparison: z
      .enum(['done', 'running', 'left_out'])
      .describe('Whether all examples were compared with each other; `left_out` for more than 2,000: `rostro doctor`.'),
    findings: z.array(
      z.strictObject({
        code: z.enum(FINDING_CODES),
        count: count.describe('How many.'),
        about: z.array(z.string()).describe('Names of people, cameras or files; five at most.'),
      }),
    ),
  })
  .meta({ id: 'HealthReport' });
/** The state of the server and its gallery. */
export type HealthReport = z.infer<typeof healthReport>;
export type HealthFinding = HealthReport['findings'][number];

export const serverModel = z
  .strictObject({
    model,
    dimension: z.int().describe('Values of an embedding.'),
    embedders: z.array(
      z.strictObject({
        name: z.string(),
        running: z.boolean(),
        installed: z.boolean(),
        licence: z.string(),
        commercial: z.boolean().describe('False where the licence forbids commercial use.'),
        training: z.string().nullable().describe('What the weights were trained on.'),
        missed: z
          .number()
          .nullable()
          .describe('Share of enrolled people who are missed where 1 % of strangers get a name; null: not measured.'),
        better: z.boolean().describe('Whether it misses fewer than the one that runs.'),
        pull: z.string().nullable().describe('The command that fetches it.'),
      }),
    ),
    change: z
      .strictObject({
        embedder: z.string(),
        state: z.enum(['preparing', 'prepared', 'failed']),
        done: count.describe('Examples that were looked at.'),
        total: count,
        unable: z
          .array(z.strictObject({ name: z.string(), example: z.string(), why: z.enum(['no_crop', 'no_face']) }))
          .describe('Examples that have no embedding of this embedder; twenty at most.'),
        unableCount: count,
        error: z.enum(ERROR_CODES).nullable(),
        commands: z.array(z.string()).describe('With the server stopped, once it is prepared.'),
      })
      .nullable()
      .describe('Null while no other embedder is prepared.'),
  })
  .meta({ id: 'ServerModel' });
/** The networks of the server. */
export type ServerModel = z.infer<typeof serverModel>;
export type EmbedderChoice = ServerModel['embedders'][number];
/** The computation of the embeddings of another embedder. */
export type EmbedderChange = NonNullable<ServerModel['change']>;

/** Requests. */
export const modelChange = z
  .strictObject({ embedder: z.string().min(1).max(64) })
  .meta({ id: 'ModelChange', examples: [{ embedder: 'mobilefacenet' }] });

export const settingsPatchQuery = z.object({
  preview: z
    .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })
    .default(false)
    .describe('Checks the values and counts what they would erase, and changes nothing.'),
});

export const settingChanges = z
  .record(z.string().max(60), z.union([z.string().min(1).max(200), z.number(), z.null()]))
  .refine((changes) => Object.keys(changes).length > 0, 'give at least one setting')
  .describe('New values by name; null for the default.')
  .meta({ id: 'SettingChanges', examples: [{ HISTORY_DAYS: 7 }] });
