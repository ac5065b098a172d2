import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../shared/errors.js';

/**
 * What a recogniser of the ArcFace family needs said about it: how its input is made, what comes out, where it is from,
 * and how far apart strangers lie. A user's own network works with such a card beside it: `model/NAME/card.json`.
 */
export interface ModelCard {
  /** As in `EMBEDDER=NAME`. */
  readonly name: string;
  /** The ONNX or TensorFlow Lite file, beside the card. */
  readonly file: string;
  /** Lower-case hexadecimal digest of the file; null where the card states none. */
  readonly sha256: string | null;
  /** NCHW: planes; NHWC: interleaved. */
  readonly layout: 'NCHW' | 'NHWC';
  readonly colour: 'RGB' | 'BGR';
  /** A pixel 0..255 becomes (pixel − mean) / scale. */
  readonly mean: number;
  readonly scale: number;
  /** Side of the square input, pixels. */
  readonly size: number;
  /** Where the five landmarks lie in a square of 112 px; scaled to `size`. */
  readonly template: readonly (readonly [number, number])[];
  /** Values of an embedding. */
  readonly dimension: number;
  readonly licence: string;
  /** False where the licence forbids commercial use. */
  readonly commercial: boolean;
  /** What the weights were trained on, and what the licence name does not say. */
  readonly training: string;
  readonly source: string;
  /** Distances of strangers: [n, d] says that one pair of strangers in n is nearer than d. Ascending n. */
  readonly impostors: readonly (readonly [number, number])[];
}

/** Left eye, right eye, nose, mouth corners in 112×112. Source: deepinsight/insightface, python-package/insightface/utils/face_align.py (`arcface_dst`). */
export const ARCFACE_TEMPLATE = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
] as const;

const pair = z.tuple([z.number(), z.number()]);

/** Values that a card may leave out are those of InsightFace's own networks. */
const cardSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'takes lower-case letters, digits, ".", "_" and "-"')
    .refine((name) => !/^(auto$|face-api$|facenet(-|$))/.test(name), 'is the name of a built-in choice'),
  file: z
    .string()
    .refine(
      (file) => basename(file) === file && /\.(onnx|tflite)$/.test(file),
      'names an .onnx or .tflite file beside the card',
    ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'takes 64 hexadecimal digits')
    .nullable()
    .default(null),
  layout: z.enum(['NCHW', 'NHWC']).default('NCHW'),
  colour: z.enum(['RGB', 'BGR']).default('RGB'),
  mean: z.number().default(127.5),
  scale: z.number().gt(0).default(127.5),
  size: z.int().min(32).max(512).default(112),
  template: z
    .array(pair)
    .length(5)
    .default(ARCFACE_TEMPLATE.map(([x, y]): [number, number] => [x, y])),
  dimension: z.int().min(16).max(4096),
  licence: z.string().default('not stated'),
  commercial: z.boolean().default(true),
  training: z.string().default('not stated'),
  source: z.string().default('not stated'),
  impostors: z
    .array(z.tuple([z.number().gt(1), z.number().min(0).max(2)]))
    .refine(
      (table) => table.every(([n, d], i) => i === 0 || (n > table[i - 1][0] && d <= table[i - 1][1])),
      'takes rising n with falling distances',
    )
    .default([]),
});

const MAX_CARD_BYTES = 64 * 1024;

/**
 * Reads `model/NAME/card.json`.
 * @throws RostroError `model_missing` when it is not there; `bad_model_file` that names file and field when it is not usable
 */
export function readCard(path: string): ModelCard {
  let json: unknown;
  try {
    if (statSync(path).size > MAX_CARD_BYTES) throw bad(path, 'it is larger than 64 KB');
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof RostroError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new RostroError('model_missing', `The model card ${path} is not there.`, { cause });
    throw bad(
      path,
      cause instanceof SyntaxError ? 'it is no JSON' : `it cannot be read (${code ?? 'unknown error'})`,
      cause,
    );
  }
  const parsed = cardSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue.path.join('.');
    throw bad(path, `${field === '' ? 'the card' : `"${field}"`} is not usable: ${issue.message}`);
  }
  const folder = basename(dirname(path));
  if (parsed.data.name !== folder) throw bad(path, `"name" is ${parsed.data.name}, but its folder is called ${folder}`);
  return parsed.data;
}

/** The card with where its file lies. */
export interface LocatedCard {
  readonly card: ModelCard;
  /** Absolute if the card's path is. */
  readonly path: string;
}

export function locateCard(path: string): LocatedCard {
  const card = readCard(path);
  return { card, path: join(dirname(path), card.file) };
}

function bad(path: string, reason: string, cause?: unknown): RostroError {
  return new RostroError('bad_model_file', `${path}: ${reason}.`, { cause });
}
