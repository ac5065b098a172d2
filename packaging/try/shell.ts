import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import type { Ended } from './box.js';

/** Runs a program and prints its output. @throws Error if its exit code is not 0 */
export function must(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}.`);
}

/** The output of a program. @throws Error if its exit code is not 0 */
export function printed(command: string, args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Whether a program is installed. */
export function hasProgram(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** @throws Error that names the missing programs */
export function needRootAnd(...programs: readonly string[]): void {
  const missing = programs.filter((name) => !hasProgram(name));
  if (process.platform === 'linux' && process.getuid?.() === 0 && missing.length === 0) return;
  throw new Error(
    `This needs Linux, root, and ${programs.join(', ')} (Debian: apt install mmdebstrap systemd-container).`,
  );
}

/** Runs a program. */
export function ended(command: string, args: readonly string[], input?: Buffer): Promise<Ended> {
  const child = spawn(command, args, { stdio: 'pipe' });
  child.stdin.on('error', () => undefined).end(input);
  return endOf(child);
}

/** The output of a started program. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (status) => resolve(status ?? -1));
  });
  return { code, out, err };
}
