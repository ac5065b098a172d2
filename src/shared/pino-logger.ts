import { pino, stdTimeFunctions } from 'pino';
import type { Logger, LogLevel } from './logger.js';

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object per line. `text`: one readable line per entry. */
  readonly format: 'text' | 'json';
}

/** Receives lines, each with its line feed. */
export interface LineSink {
  write(line: string): unknown;
}

/** @param sink usually standard error: standard output is for the results of commands */
export function createLogger({ level, format }: LogOptions, sink: LineSink): Logger {
  const destination = format === 'json' ? sink : { write: (line: string) => sink.write(`${formatLine(line)}\n`) };
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

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** C0, C1 and the separators of Unicode, which end a line or control a terminal. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/**
 * Formats a JSON line as text: `12:30:01.250 warn  the sentence  field=value`. The time is UTC. Control characters of texts
 * are escaped, so that a request cannot forge a line.
 */
export function formatLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Line;
  const { stack, ...short } = fields;
  const facts = Object.entries(short).map(([name, value]) => `  ${name}=${printable(String(value))}`);
  const lines = typeof stack === 'string' ? `\n${stack}` : '';
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${printable(msg)}${facts.join('')}${lines}`;
}

function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
