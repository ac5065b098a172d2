import { z } from 'zod';
import { corrupt, type JsonObject } from '../gallery.js';
import { isGalleryPath } from './layout.js';

/** Safe in a URL and in a file name. */
export const EXAMPLE_ID = /^[a-z0-9-]{1,64}$/;

const count = z.number();
const cropPath = z.string().refine((path) => path.startsWith('uploads/') && isGalleryPath(path));
const quality = z.object({
  facePx: count,
  sharpness: count,
  brightness: count,
  contrast: count,
  pose: z.object({ yaw: count, pitch: count, roll: count }).nullable(),
});
/** What is known of an example besides its embedding; null for rows of the original system. */
export const exampleDetails = z
  .object({
    confidence: count,
    boxInCrop: z.object({ x: count, y: count, width: count, height: count }),
    quality: quality.optional(),
    photoHash: z.string().optional(),
  })
  .nullable();
const entrySchema = z.object({
  /** Which row this describes: {@link hashRow}. */
  rowHash: z.string(),
  id: z.string().regex(EXAMPLE_ID),
  crop: cropPath.nullable(),
  addedAt: z.string().nullable(),
  details: exampleDetails,
});
const metadata = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const sidecarSchema = z.object({
  /** 1 was before people had an id, metadata and groups. */
  version: z.union([z.literal(1), z.literal(2)]).transform(() => 2 as const),
  name: z.string().min(1),
  id: z.string().min(1).nullable().default(null),
  metadata: metadata.default({}),
  groups: z.array(z.string().min(1)).default([]),
  /** Id and name of the embedder contract that all rows described here were made under. */
  contract: z.string(),
  embedder: z.string(),
  examples: z.array(entrySchema),
});

/** What is known of one row besides its values. */
export type SidecarEntry = z.infer<typeof entrySchema>;
/**
 * `embeddings/<person>.json`: what an `.npy` file cannot say. It may describe rows that are not there; never read alone.
 */
export type Sidecar = z.infer<typeof sidecarSchema>;

/**
 * @param file named in the error
 * @throws RostroError `gallery_corrupt`
 */
export function parseSidecar(bytes: Uint8Array, file: string): Sidecar {
  const sidecar = sidecarSchema.safeParse(jsonOf(bytes));
  if (!sidecar.success) throw corrupt(file, 'it is not a description that this version of Rostro wrote');
  const ids = sidecar.data.examples.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw corrupt(file, 'it gives two examples the same id');
  return sidecar.data;
}

/** Refuses what {@link parseSidecar} would refuse later. */
export function renderSidecar(sidecar: Sidecar): string {
  sidecarSchema.parse(sidecar);
  return `${JSON.stringify(sidecar, null, 1)}\n`;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
