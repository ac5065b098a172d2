import type { Logger } from '../../src/shared/logger.js';
import { createLogger } from '../../src/shared/pino-logger.js';

/** The real logger; its lines, of every level, end in a list instead of on standard error. */
export function memoryLogger(lines: string[] = []): Logger {
  return createLogger({ level: 'debug', format: 'json' }, { write: (line) => lines.push(line) });
}

/** Those that tell of an error. */
export function failuresIn(lines: readonly string[]): string[] {
  return lines.filter((line) => (JSON.parse(line) as { level: string }).level === 'error');
}
