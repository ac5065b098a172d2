import { z } from 'zod';
import type { ErrorCode } from '../../shared/errors.js';
import { jsonPhoto } from '../schemas.js';

/** Schema by media type: JSON by its own schema, text as `z.string()`, files as `bytes`. */
export type Content = Readonly<Record<string, z.ZodType>>;

export interface Reply {
  /** Default: 200. */
  readonly status?: number;
  readonly description?: string;
  readonly content: Content;
}

/** The description of one route. */
export interface Operation {
  /** The name in generated clients: unique, in camel case. */
  readonly id: string;
  /** One line. */
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  /** One property for each `:parameter` of the path. */
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: Content;
  /** Replies of success; several for several statuses. */
  readonly reply: Reply | readonly Reply[];
  /** Besides those of every route; see `failures.ts`. */
  readonly errors?: readonly ErrorCode[];
}

/** The form of error replies of an area. */
export interface FailureStyle {
  /** Several if the status depends on the request. */
  readonly statusesOf: (code: ErrorCode) => readonly number[];
  /** The name in the document; default: the code. */
  readonly nameOf?: (code: ErrorCode, status: number) => string;
  /** The schema of the JSON body for one of these codes. */
  readonly bodyOf: (codes: readonly ErrorCode[]) => z.ZodType;
}

/** Routes under one heading of the reference page. */
export interface Area {
  readonly name: string;
  /** Markdown. */
  readonly description: string;
  /** Default: `{error: {code, message, details}, requestId}` with the statuses of `http/error-status.ts`. */
  readonly failures?: FailureStyle;
  /** By method and path, as in `access-table.ts`. */
  readonly operations: Readonly<Record<string, Operation>>;
}

export const bytes = z.file();

export function json(schema: z.ZodType, status?: number): Reply {
  return { status, content: { 'application/json': schema } };
}

/** @param types possible media types */
export function file(...types: readonly string[]): Reply {
  return { content: Object.fromEntries(types.map((type) => [type, bytes])) };
}

/** A body with one or several photos, in every form that `photos.ts` reads. */
export function photo(fields: z.ZodObject): Content {
  return {
    'multipart/form-data': z.object({ file: z.array(bytes), ...fields.shape }),
    'image/*': bytes,
    'application/octet-stream': bytes,
    'application/json': z.object({ ...jsonPhoto.shape, ...fields.shape }),
  };
}
