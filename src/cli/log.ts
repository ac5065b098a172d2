import type { Config } from '../app/config.js';
import type { Logger } from '../shared/logger.js';
import { createLogger } from '../shared/pino-logger.js';

/** Lines on standard error: for people at a terminal, for programs elsewhere. */
export function loggerOf({ logLevel, logFormat }: Config): Logger {
  const format = logFormat ?? (process.stderr.isTTY ? 'text' : 'json');
  return createLogger({ level: logLevel, format }, process.stderr);
}
