import type { Logger } from '../../src/shared/logger.js';
import { createLogger } from '../../src/shared/pino-logger.js';

/** The real logger at the lowest level, which writes to a list instead of standard error. */
export function memoryLogger(lines: string[] = []): Logger {
  return createLogger({ level: 'debug', format: 'json' }, { write: (line) => lines.push(line) });
}

/** The lines of errors. */
export function failuresIn(lines: readonly string[]): string[] {
  return lines.filter((line) => (JSON.parse(line) as { level: string }).level === 'error');
}
