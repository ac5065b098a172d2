import { z } from 'zod';

export const EVENT_TYPES = ['appeared', 'unknown', 'left'] as const;
export const LEFT_REASONS = ['gone', 'named', 'forgotten'] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];
export type EventType = (typeof EVENT_TYPES)[number];

const box = z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

/** What a camera's picture told. One shape for JSON lines, Server-Sent Events, webhooks and MQTT. */
export const cameraEventSchema = z
  .strictObject({
    id: z.string().describe('Unique, also over restarts: the run of the server, and the sequence number in it.'),
    sequence: z.int().min(1).describe('Counted from 1 over all cameras of one run of the server, without gaps.'),
    type: z.enum(EVENT_TYPES),
    at: z.iso.datetime(),
    camera: z.string(),
    track: z.int().describe('The same in all events of one visit.'),
    person: z.string().nullable().describe('Null for somebody unknown, and for somebody who was erased since.'),
    personId: z.string().nullable().describe("The user's own id of that person."),
    distance: z.number().min(0).nullable().describe('Plain Euclidean distance to the nearest person.'),
    threshold: z.number(),
    box: box.describe('Where the face was last seen, pixels of the picture.'),
    picture: z.strictObject({ width: z.int(), height: z.int() }),
    position: z.number().min(0).nullable().describe('Seconds into the video; null for a camera.'),
    seconds: z.number().min(0).nullable().describe('Of `left`: from the first sight to the last.'),
    reason: z
      .enum(LEFT_REASONS)
      .nullable()
      .describe(
        'Of `left`: out of sight, or the camera has ended; an unknown face that has got a name now; somebody whose name is not enrolled any more, by an erasure or a new name.',
      ),
  })
  .meta({ id: 'CameraEvent' });

export type CameraEvent = z.infer<typeof cameraEventSchema>;

/** An event before it has its number. */
export type Happening = Omit<CameraEvent, 'id' | 'sequence'>;
