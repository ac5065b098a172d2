import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { composeCore, type Core } from '../app/core.js';
import type { Config } from '../app/config.js';
import { RostroError } from '../shared/errors.js';
import { configOf, withSettings } from './settings.js';
import { printTable } from './output.js';

export interface FileCommand<T extends object> {
  readonly name: string;
  readonly description: string;
  /** What is done to each file; its result is printed, one JSON object a line with `--json`. */
  readonly work: (core: Core, bytes: Uint8Array, file: string, options: Record<string, unknown>) => Promise<T>;
  /** What it does to the gallery. Default: `read`. */
  readonly access?: 'read' | 'write';
  /** How the core is made, where that is not as it is set. */
  readonly compose?: (config: Config, options: Record<string, unknown>) => Promise<Core>;
  readonly columns: readonly string[];
  /** Lines of the table for people; none says that nothing was found. */
  readonly rows: (result: T) => readonly (readonly string[])[];
}

/**
 * A command over photo files: the same core as the server's, without HTTP. Prints every file's result or the reason
 * why there is none; the exit code is 0 only if every file worked.
 */
export function fileCommand<T extends object>(definition: FileCommand<T>): Command {
  const { name, description, work, access = 'read' } = definition;
  const compose = definition.compose ?? ((config: Config) => composeCore(config, { access }));
  const command = new Command(name).description(description).argument('<files...>', 'photos');
  command.option('--json', 'one JSON object a line');
  return withSettings(command).action(async (files: string[]) => {
    const options: Record<string, unknown> = command.opts();
    const core = await compose(configOf(command), options);
    try {
      await core.matching.settled();
      if (core.matching.note !== null) console.error(`note: ${core.matching.note}`);
      const lines: (readonly string[])[] = [];
      for (const file of files) {
        const outcome = await attempt(async () => work(core, await readPhoto(file), file, options));
        if ('error' in outcome) process.exitCode = 1;
        if (options.json) console.log(JSON.stringify({ file, ...('error' in outcome ? outcome : outcome.result) }));
        else lines.push(...tableLines(definition, file, outcome));
      }
      if (!options.json) printTable(['file', ...definition.columns], lines);
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

async function readPhoto(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
    throw new RostroError('no_file', `Cannot read ${file}: ${reason}.`, { cause });
  }
}

function tableLines<T extends object>({ columns, rows }: FileCommand<T>, file: string, outcome: Outcome<T>) {
  const note = (text: string) => [[file, text, ...columns.slice(1).map(() => '')]];
  if ('error' in outcome) return note(outcome.error.message);
  const found = rows(outcome.result);
  return found.length === 0 ? note('no face found') : found.map((row) => [file, ...row]);
}
