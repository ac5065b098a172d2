import { Router, type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import { jsonBody } from '../../../http/json-body.js';
import { COMPREFACE_CODES as CODES } from './codes.js';
import { CompreFaceError } from './errors.js';
import { jsonOnly } from './photo-parts.js';

/** Each is searched for, so there is an end to them. */
const MAX_EMBEDDINGS = 20;
/** 512 values each, and some room. */
const MAX_MARKS = 25_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** Beyond it a value is infinite: (2 - 2^-23) * 2^127 (IEEE 754, binary32). */
const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

const embedding = z.array(z.number().min(-MAX_FLOAT32).max(MAX_FLOAT32));
export const searchedBody = z.object({ embeddings: z.array(embedding) });
export const comparedBody = z.object({ source: embedding, targets: z.array(embedding) });

/** Embeddings as `calculator` told them. */
export const embeddingsBody: RequestHandler = Router().use(jsonOnly, jsonBody(MAX_BODY_BYTES, MAX_MARKS));

/** @throws CompreFaceError */
export function embeddingsOf({ body }: Request): Float32Array[] {
  return counted(parsed(searchedBody, body).embeddings);
}

/** @throws CompreFaceError */
export function sourceAndTargetsOf({ body }: Request): { source: Float32Array; targets: Float32Array[] } {
  const { source, targets } = parsed(comparedBody, body);
  return { source: Float32Array.from(source), targets: counted(targets) };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new CompreFaceError(CODES.argument, `The body is not usable: ${path.join('.')}: ${message}`);
}

function counted(embeddings: readonly number[][]): Float32Array[] {
  const { length } = embeddings;
  if (length >= 1 && length <= MAX_EMBEDDINGS) return embeddings.map((values) => Float32Array.from(values));
  throw new CompreFaceError(
    CODES.embeddingCount,
    `1 to ${MAX_EMBEDDINGS} embeddings were expected, and ${length} came`,
  );
}
