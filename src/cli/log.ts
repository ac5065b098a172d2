import type { Config } from '../config.js';
import type { Logger } from '../observe/logger.js';
import { createLogger } from '../observe/pino-logger.js';

/** Lines on standard error: for people at a terminal, for programs elsewhere. */
export function loggerOf({ logLevel, logFormat }: Config): Logger {
  const format = logFormat ?? (process.stderr.isTTY ? 'text' : 'json');
  return createLogger({ level: logLevel, format }, process.stderr);
}
