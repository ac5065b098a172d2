import { z } from 'zod';
import { VERDICT_REASONS, VERDICTS } from '../faces/liveness/liveness.js';

export const EVENT_TYPES = ['appeared', 'unknown', 'left'] as const;
export const LEFT_REASONS = ['gone', 'named', 'forgotten'] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];
export type EventType = (typeof EVENT_TYPES)[number];

export const liveness = z
  .strictObject({
    score: z.number().min(0).max(1).nullable().describe('Higher for a living person; null if not scored.'),
    verdict: z.enum(VERDICTS),
    why: z.enum(VERDICT_REASONS).nullable().describe('Null for `live`.'),
  })
  .meta({ id: 'Liveness' });

const box = z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

/** An event of a camera. JSON lines, Server-Sent Events, webhooks and MQTT use this shape. */
export const cameraEventSchema = z
  .strictObject({
    id: z.string().describe('Unique, also across restarts: the run of the server and the sequence number in it.'),
    sequence: z
      .int()
      .min(1)
      .describe('Counts the events of all cameras in one run of the server from 1, without gaps.'),
    type: z.enum(EVENT_TYPES),
    at: z.iso.datetime(),
    camera: z.string(),
    track: z.int().describe('Equal in all events of one visit.'),
    person: z.string().nullable().describe('Null for an unknown person and for a person erased since.'),
    personId: z.string().nullable().describe("The person's own id."),
    distance: z.number().min(0).nullable().describe('Plain Euclidean distance to the nearest person.'),
    threshold: z.number(),
    // Events in the queue of an older version lack it.
    falseMatchRate: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .default(null)
      .describe('The share of strangers who would come this near in this gallery; null where it is not known.'),
    // The same.
    live: liveness
      .nullable()
      .default(null)
      .describe('Whether the face is that of a living person; null where that is not judged.'),
    box: box.describe('Where the face was last seen, in pixels of the picture.'),
    picture: z.strictObject({ width: z.int(), height: z.int() }),
    position: z.number().min(0).nullable().describe('Seconds into the video; null for a camera.'),
    seconds: z.number().min(0).nullable().describe('Only in `left`: from the first sight to the last.'),
    reason: z
      .enum(LEFT_REASONS)
      .nullable()
      .describe(
        'Only in `left`. `gone`: out of sight, or the camera stopped. `named`: the unknown face has a name now. `forgotten`: the person was erased or renamed.',
      ),
  })
  .meta({ id: 'CameraEvent' });

export type CameraEvent = z.infer<typeof cameraEventSchema>;

/** An event without its number. */
export type NewEvent = Omit<CameraEvent, 'id' | 'sequence'>;

/** Stores names of people outside the gallery. */
export interface NameRedactor {
  /** Removes the names of people who are not enrolled. */
  redactNames(isEnrolled: (name: string) => boolean): Promise<void> | void;
}
