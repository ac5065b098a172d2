import { userInfo } from 'node:os';
import { Command, CommanderError } from 'commander';
import { type Actor, runAs } from '../privacy/audit/actor.js';
import { RostroError } from '../shared/errors.js';
import { version } from '../shared/version.js';
import { COMMANDS } from './commands.js';
import { commandIo, endWithReader, printError, runWithIo, setExitCode, type CommandIo } from './io.js';

// NVIDIA's libraries would round the inputs of float32 convolutions to 10 bits, which moves embeddings by a thousandth.
process.env.NVIDIA_TF32_OVERRIDE ??= '0';
// Since 1.29 onnxruntime reports to Microsoft which networks it runs and how long they take, unless this is set before it loads.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
// For the workers: glibc keeps freed memory for each thread that allocates, unless it has two such areas for all of them.
process.env.MALLOC_ARENA_MAX ??= '2';

/**
 * Runs one command, as `rostro ARGS…` does.
 * @param args the words after `rostro`
 * @param io default: environment and streams of the process
 * @returns the exit code; a server keeps running after that
 */
export function main(args: readonly string[], io: CommandIo = process): Promise<number> {
  if (io === process) endWithReader();
  return runWithIo(io, async () => {
    try {
      await runAs(commandActor(), () => run(withDefaultCommand(args)));
    } catch (error) {
      // commander has printed the error already.
      if (error instanceof CommanderError) return setExitCode(error.exitCode);
      if (!(error instanceof RostroError)) throw error;
      printError(`rostro: ${error.message} (${error.code})`);
      setExitCode(1);
    }
  });
}

async function run(args: readonly string[]): Promise<void> {
  const program = new Command('rostro')
    .description(
      'A self-hosted face recognition server. Without a command it is started in this folder, as by "serve".',
    )
    .version(version);
  for (const load of loadersFor(args)) program.addCommand(await load());
  program.commands.forEach(showOptionsOfParents);
  useIo(program);
  await program.parseAsync(args, { from: 'user' });
}

/** Options without a command belong to `serve`, except those of the program itself. */
function withDefaultCommand(args: readonly string[]): readonly string[] {
  const first = args.at(0);
  const isServe =
    first === undefined || (first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first));
  return isServe ? ['serve', ...args] : args;
}

/** The loader of the called command, or all loaders if the first word is no command, as with `--help`. */
function loadersFor([first]: readonly string[]): (() => Promise<Command>)[] {
  return Object.hasOwn(COMMANDS, first) ? [COMMANDS[first]] : Object.values(COMMANDS);
}

/** Each command of a group accepts the options of the group: `rostro keys create --data DIR`. */
function showOptionsOfParents(group: Command): void {
  for (const command of group.commands) command.configureHelp({ showGlobalOptions: true });
}

/** Makes commander use the streams of the command and throw, instead of writing to those of the process and exiting. */
function useIo(command: Command): void {
  const { stdout, stderr } = commandIo();
  command.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
  });
  command.commands.forEach(useIo);
}

/** The user who typed the command. */
function commandActor(): Actor {
  try {
    return { kind: 'cli', user: userInfo().username.slice(0, 100) };
  } catch {
    return { kind: 'cli', user: 'unknown' };
  }
}
