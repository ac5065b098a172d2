import { z } from 'zod';
import { cameraEventSchema } from '../event.js';

/** An event on its way to one receiver. */
export const letterSchema = z.strictObject({
  version: z.literal(1),
  /** Its place in the line, from 1. */
  place: z.int().min(1),
  event: cameraEventSchema,
  /** Why it was given up, in a sentence; null while it waits. */
  givenUp: z.string().nullable(),
});

export type Letter = z.infer<typeof letterSchema>;
