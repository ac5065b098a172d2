import { z } from 'zod';
import { parseJson } from '../../shared/json.js';
import { corrupt } from '../errors.js';
import { CONSENT_BASES, type JsonObject } from '../gallery.js';
import { isGalleryPath } from './layout.js';

/** Safe in a URL and in a file name. */
export const EXAMPLE_ID = /^[a-z0-9-]{1,64}$/;

const count = z.number();
const cropPath = z.string().refine((path) => path.startsWith('uploads/') && isGalleryPath(path));
const quality = z.object({
  score: count.optional(),
  parts: z
    .object({
      size: count,
      sharpness: count,
      light: count,
      pose: count,
      edge: count,
      liveness: count.optional(),
    })
    .optional(),
  facePx: count,
  sharpness: count,
  brightness: count,
  contrast: count,
  pose: z.object({ yaw: count, pitch: count, roll: count }).nullable(),
});
/** Null for rows of the original system. */
export const exampleDetails = z
  .object({
    confidence: count,
    boxInCrop: z.object({ x: count, y: count, width: count, height: count }),
    quality: quality.optional(),
    photoHash: z.string().optional(),
    groups: z.array(z.string().min(1)).readonly().optional(),
    addedBy: z.string().optional(),
  })
  .nullable();
const entrySchema = z.object({
  /** {@link hashRow} of the described row. */
  rowHash: z.string(),
  id: z.string().regex(EXAMPLE_ID),
  crop: cropPath.nullable(),
  addedAt: z.string().nullable(),
  details: exampleDetails,
});
/** Float32, little-endian, the memory layout of all platforms of Node.js. */
const vector = z.base64().refine((text) => Buffer.byteLength(text, 'base64') % 4 === 0);
export const negativeSchema = z.object({
  id: z.string().regex(EXAMPLE_ID),
  crop: cropPath.nullable(),
  addedAt: z.string(),
  details: exampleDetails.unwrap(),
  nearest: z.string().nullable(),
  /** Of the sidecar's contract; null after a change of the embedder. */
  embedding: vector.nullable(),
});
/** The details of a person that most people do not have. */
export const furtherSchema = z.object({
  consent: z.object({ basis: z.enum(CONSENT_BASES), date: z.iso.date(), note: z.string().nullable() }).optional(),
  expires: z.iso.date().optional(),
  cover: z.string().regex(EXAMPLE_ID).optional(),
});
const metadata = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const sidecarSchema = z.object({
  /** Version 1 had no id, metadata and groups. */
  version: z.union([z.literal(1), z.literal(2)]).transform(() => 2 as const),
  name: z.string().min(1),
  id: z.string().min(1).nullable().default(null),
  metadata: metadata.default({}),
  groups: z.array(z.string().min(1)).default([]),
  ...furtherSchema.shape,
  /** Id and name of the embedder contract of all described rows. */
  contract: z.string(),
  embedder: z.string(),
  examples: z.array(entrySchema),
  negatives: z.array(negativeSchema).optional(),
});

/** Description of one row. */
export type SidecarEntry = z.infer<typeof entrySchema>;
/**
 * `embeddings/<person>.json`: the data that an `.npy` file cannot hold. May contain entries of rows that do not
 * exist; the `.npy` file decides.
 */
export type Sidecar = z.infer<typeof sidecarSchema>;

/**
 * @param file named in the error
 * @throws RostroError `gallery_corrupt`
 */
export function parseSidecar(bytes: Uint8Array, file: string): Sidecar {
  const sidecar = sidecarSchema.safeParse(parseJson(bytes));
  if (!sidecar.success) throw corrupt(file, 'it is not a description that this version of Rostro wrote');
  const ids = sidecar.data.examples.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw corrupt(file, 'it gives two examples the same id');
  return sidecar.data;
}

/** @throws for data that {@link parseSidecar} would not read */
export function renderSidecar(sidecar: Sidecar): string {
  sidecarSchema.parse(sidecar);
  return `${JSON.stringify(sidecar, null, 1)}\n`;
}
