import type { Request } from 'express';
import type { Fields } from '../shared/logger.js';

/**
 * What the log says of an error that nobody expected. Paths in it hold names of people, and so may the rest: what the
 * client sent in its path and query, and what stands in quotes, is left out.
 */
export function describeError(error: unknown, request?: Request): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, syscall } = error as NodeJS.ErrnoException;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const message = syscall === undefined ? withoutNames(error.message, request) : undefined;
  return { error: error.name, code: textOf(code), syscall, message, stack: frames.join('\n') };
}

function withoutNames(message: string, request: Request | undefined): string {
  const sent = [...Object.values(request?.params ?? {}), ...Object.values(request?.query ?? {})]
    .filter((value): value is string => typeof value === 'string' && value !== '')
    .sort((a, b) => b.length - a.length);
  const rest = sent.reduce(
    (text, value) => text.replaceAll(value, '…').replaceAll(encodeURIComponent(value), '…'),
    message,
  );
  return rest.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"');
}

function textOf(code: unknown): string | undefined {
  return typeof code === 'string' ? code : undefined;
}
