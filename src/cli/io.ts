import { AsyncLocalStorage } from 'node:async_hooks';
import { Console } from 'node:console';
import { createInterface } from 'node:readline';

/** A terminal, a pipe, or a buffer in a test. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

export type InputStream = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Environment and streams of a command. */
export interface CommandIo {
  readonly env: NodeJS.ProcessEnv;
  /** Absent where no one can answer. */
  readonly stdin?: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

class RunningCommand {
  exitCode = 0;
  readonly console: Console;
  /** Removes the signal handlers. */
  readonly closing: (() => void)[] = [];

  constructor(readonly io: CommandIo) {
    this.console = new Console(io.stdout, io.stderr);
  }
}

const running = new AsyncLocalStorage<RunningCommand>();

/** Runs a command with these streams. @returns the exit code */
export function runWithIo(io: CommandIo, work: () => Promise<unknown>): Promise<number> {
  const command = new RunningCommand(io);
  return running.run(command, async () => {
    try {
      await work();
      return command.exitCode;
    } finally {
      for (const close of command.closing) close();
    }
  });
}

/** Ends the process when the reader of its output has gone, such as `head`, which would be an error with a stack. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}

/** The environment and streams of the current command. */
export function commandIo(): CommandIo {
  return runningCommand().io;
}

/** Writes a line to standard output. */
export function print(line: string): void {
  runningCommand().console.log(line);
}

/** Writes a line to standard error. */
export function printError(line: string): void {
  runningCommand().console.error(line);
}

/** Whether a person at a terminal can be asked. */
export function canAsk(): boolean {
  const { stdin, stderr } = commandIo();
  return stdin?.isTTY === true && stderr.isTTY === true;
}

/** Asks a question on the terminal. @returns whether the answer is yes; no answer is no */
export async function confirm(question: string): Promise<boolean> {
  const { stdin, stderr } = commandIo();
  const terminal = createInterface({ input: stdin!, output: stderr });
  const answer = await new Promise<string>((resolve) => {
    // Also Ctrl-C.
    terminal.once('close', () => resolve(''));
    terminal.question(`${question} [y/N] `, resolve);
  });
  terminal.close();
  return /^\s*(?:y|yes|s|sí|si)\s*$/i.test(answer);
}

/** Sets the exit code of a command that prints a result but did not succeed. */
export function setExitCode(code: number): void {
  runningCommand().exitCode = code;
}

/** Aborts at the first of these signals, so that the current work can be finished; the second ends the process. */
export function stopSignal(...signals: NodeJS.Signals[]): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of signals) {
    process.once(signal, onSignal);
    runningCommand().closing.push(() => process.off(signal, onSignal));
  }
  return stop.signal;
}

function runningCommand(): RunningCommand {
  const command = running.getStore();
  if (command === undefined) throw new Error('No command runs: call main().');
  return command;
}
