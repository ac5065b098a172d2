import { z } from 'zod';
import type { ErrorCode } from '../../shared/errors.js';

/** Media types, and what is sent as each: JSON by its schema, text as `z.string()`, files as `bytes`. */
export type Content = Readonly<Record<string, z.ZodType>>;

export interface Reply {
  /** Default: 200. */
  readonly status?: number;
  readonly description?: string;
  readonly content: Content;
}

/** What the document says of one route. */
export interface Operation {
  /** What generated clients call it: unique, in camel case. */
  readonly id: string;
  /** A line. */
  readonly summary: string;
  /** More, in Markdown. */
  readonly description?: string;
  /** A property for each `:parameter` of the path. */
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: Content;
  /** When it went well; several for several statuses. */
  readonly reply: Reply | readonly Reply[];
  /** Beside those that every route has; see `failures.ts`. */
  readonly errors?: readonly ErrorCode[];
}

/** How the routes of an area say that something failed. */
export interface FailureStyle {
  /** Several where it is told in several ways. */
  readonly statusesOf: (code: ErrorCode) => readonly number[];
  /** What the document calls it; the code where nothing else is said. */
  readonly nameOf?: (code: ErrorCode, status: number) => string;
  /** The body for one of these codes, as `application/json`. */
  readonly bodyOf: (codes: readonly ErrorCode[]) => z.ZodType;
}

/** Routes that belong together: a heading of the reference page. */
export interface Area {
  readonly name: string;
  /** In Markdown. */
  readonly description: string;
  /** Default: `{error: {code, message, details}, requestId}` with the statuses of `http/status.ts`. */
  readonly failures?: FailureStyle;
  /** By method and path, as `access-table.ts` has them. */
  readonly operations: Readonly<Record<string, Operation>>;
}

export const bytes = z.file();

export function json(schema: z.ZodType, status?: number): Reply {
  return { status, content: { 'application/json': schema } };
}

/** @param types as which media types it may come */
export function file(...types: readonly string[]): Reply {
  return { content: Object.fromEntries(types.map((type) => [type, bytes])) };
}
