import { userInfo } from 'node:os';
import { Command } from 'commander';
import { type Actor, runAs } from '../privacy/audit/actor.js';
import { RostroError } from '../shared/errors.js';
import { version } from '../shared/version.js';
import { COMMANDS } from './commands.js';

// NVIDIA's libraries would round the inputs of float32 convolutions to 10 bits, which moves embeddings by a thousandth.
process.env.NVIDIA_TF32_OVERRIDE ??= '0';
// Since 1.29 onnxruntime tells its maker which networks it runs and how long they take, unless this is set before it starts.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const args = withDefaultCommand(process.argv.slice(2));
const program = new Command('rostro')
  .description('A self-hosted face recognition server. Without a command it is started in this folder, as by "serve".')
  .version(version);
for (const load of loadersFor(args)) program.addCommand(await load());
program.commands.forEach(showOptionsOfParents);

try {
  await runAs(commandActor(), () => program.parseAsync(args, { from: 'user' }));
} catch (error) {
  if (!(error instanceof RostroError)) throw error;
  console.error(`rostro: ${error.message} (${error.code})`);
  process.exitCode = 1;
}

/** Options alone are those of the server, but for the two that the program has itself. */
function withDefaultCommand(args: readonly string[]): readonly string[] {
  const first = args.at(0);
  const isServe =
    first === undefined || (first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first));
  return isServe ? ['serve', ...args] : args;
}

/** Of the command that is called; of all where that is not the first word, as with `--help`. */
function loadersFor([first]: readonly string[]): (() => Promise<Command>)[] {
  return Object.hasOwn(COMMANDS, first) ? [COMMANDS[first]] : Object.values(COMMANDS);
}

/** `rostro keys create --data DIR`: what a group of commands takes, each of them takes. */
function showOptionsOfParents(group: Command): void {
  for (const command of group.commands) command.configureHelp({ showGlobalOptions: true });
}

/** Whoever typed the command. */
export function commandActor(): Actor {
  try {
    return { kind: 'cli', user: userInfo().username.slice(0, 100) };
  } catch {
    return { kind: 'cli', user: 'unknown' };
  }
}
