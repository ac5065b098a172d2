import { pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './levels.js';
import type { Logger } from './logger.js';
import { textOf } from './text-format.js';

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: an object a line. `text`: a sentence a line, for people. */
  readonly format: 'text' | 'json';
}

/** Where lines go, each with its line feed. */
export interface LineSink {
  write(line: string): unknown;
}

/** @param sink standard error, as a rule: standard output belongs to what a command answers */
export function createLogger({ level, format }: LogOptions, sink: LineSink): Logger {
  const destination = format === 'json' ? sink : { write: (line: string) => sink.write(`${textOf(line)}\n`) };
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void destination.write(line) },
  );
}
