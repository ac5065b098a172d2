import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { composeCore, type Core } from '../app/core.js';
import type { Config } from '../app/config.js';
import { RostroError } from '../shared/errors.js';
import { configOf, withSettings } from './settings.js';
import { printTable } from './output.js';
import { print, printError, setExitCode } from './io.js';

export interface FileCommand<T extends object> {
  readonly name: string;
  readonly description: string;
  /** Flags and descriptions of further options. */
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** Processes one file; the result is printed, with `--json` as one JSON object a line. */
  readonly work: (core: Core, bytes: Uint8Array, file: string, options: Record<string, unknown>) => Promise<T>;
  /** Access to the gallery. Default: `read`. */
  readonly access?: 'read' | 'write';
  /** Creates the core, if not with the default options. */
  readonly compose?: (config: Config, options: Record<string, unknown>) => Promise<Core>;
  readonly columns: readonly string[] | ((options: Record<string, unknown>) => readonly string[]);
  /** Rows of the table; none if no face was found. */
  readonly rows: (result: T) => readonly (readonly string[])[];
}

/**
 * A command over photo files, with the core of the server but without HTTP. Prints the result or the error of each file;
 * the exit code is 0 only if all files succeeded.
 */
export function fileCommand<T extends object>(definition: FileCommand<T>): Command {
  const { name, description, work, access = 'read' } = definition;
  const compose = definition.compose ?? ((config: Config) => composeCore(config, { access }));
  const command = new Command(name).description(description).argument('<files...>', 'photos');
  command.option('--json', 'one JSON object a line');
  for (const [flags, text] of definition.options ?? []) command.option(flags, text);
  return withSettings(command).action(async (files: string[]) => {
    const options: Record<string, unknown> = command.opts();
    const columns = typeof definition.columns === 'function' ? definition.columns(options) : definition.columns;
    const core = await compose(configOf(command), options);
    try {
      await Promise.all([core.matching.ready(), core.threshold.ready()]);
      if (core.matching.note !== null) printError(`note: ${core.matching.note}`);
      const lines: (readonly string[])[] = [];
      for (const file of files) {
        const outcome = await attempt(async () => work(core, await readPhoto(file), file, options));
        if ('error' in outcome) setExitCode(1);
        if (options.json) print(JSON.stringify({ file, ...('error' in outcome ? outcome : outcome.result) }));
        else lines.push(...tableLines({ ...definition, columns }, file, outcome));
      }
      if (!options.json) printTable(['file', ...columns], lines);
    } finally {
      await core.close();
    }
  });
}

type Outcome<T> = { result: T } | { error: { code: string; message: string; details: object } };

async function attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { result: await work() };
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return { error: { code: error.code, message: error.message, details: error.details ?? {} } };
  }
}

const IS_FOLDER = 'it is a folder; "rostro import" enrols the photos of a folder';

async function readPhoto(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it does not exist' : code === 'EISDIR' ? IS_FOLDER : message;
    throw new RostroError('no_file', `Cannot read ${file}: ${reason}.`, { cause });
  }
}

function tableLines<T extends object>(
  { columns, rows }: Pick<FileCommand<T>, 'rows'> & { readonly columns: readonly string[] },
  file: string,
  outcome: Outcome<T>,
) {
  const note = (text: string) => [[file, text, ...columns.slice(1).map(() => '')]];
  if ('error' in outcome) return note(outcome.error.message);
  const found = rows(outcome.result);
  return found.length === 0 ? note('no face found') : found.map((row) => [file, ...row]);
}
