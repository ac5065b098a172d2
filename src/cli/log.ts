import type { Config } from '../app/config.js';
import type { Logger } from '../shared/logger.js';
import { createLogger } from '../shared/pino-logger.js';
import { commandIo } from './io.js';

/** Lines on standard error: for people at a terminal, for programs elsewhere. */
export function loggerOf({ logging }: Config): Logger {
  const format = logging.format ?? (commandIo().stderr.isTTY ? 'text' : 'json');
  return createLogger({ level: logging.level, format }, commandIo().stderr);
}
