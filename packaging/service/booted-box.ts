import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Box, Ended, RunningBox } from '../try/box.js';
import { ended } from '../try/shell.js';

const HEALTH = `fetch('http://127.0.0.1:5000/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;

/** A root with a running systemd and a network with only loopback. */
export class BootedBox implements Box {
  readonly description = 'systemd in a root of its own';
  readonly program = '/usr/local/lib/node_modules/rostro';
  private readonly nspawn: ChildProcess;

  /** @param dir a root with systemd, the program and the unit */
  constructor(dir: string) {
    const options = ['--register=no', '--keep-unit', '--private-network', '--quiet', '--boot', `--directory=${dir}`];
    this.nspawn = spawn('systemd-nspawn', options, { stdio: 'ignore' });
  }

  once(...args: readonly string[]): Promise<Ended> {
    const settings = ['HOST=0.0.0.0', 'ROSTRO_DATA=/var/lib/rostro'];
    return this.inside(['setpriv', ...AS_ROSTRO, 'env', '--chdir=/', ...settings, 'rostro', ...args]);
  }

  async start(): Promise<RunningBox> {
    await this.systemctl('start', 'rostro');
    const pid = await this.property('MainPID');
    // With the server's mounts, so only with the files that the unit allows.
    const exec = (command: readonly string[], input?: Buffer) =>
      this.inside(['nsenter', '--target', pid, '--mount', 'setpriv', ...AS_ROSTRO, ...command], input);
    return {
      exec,
      isHealthy: async () => (await exec(['node', '--eval', HEALTH])).code === 0,
      stop: async () => {
        await this.systemctl('stop', 'rostro');
        console.log((await this.inside(['journalctl', '--unit=rostro', '--no-pager', '--output=cat'])).out);
        return Number(await this.property('ExecMainStatus'));
      },
    };
  }

  /** Waits until systemd accepts commands. */
  async booted(): Promise<void> {
    for (;;) {
      const { out } = await this.inside(['systemctl', 'is-system-running']).catch(() => ({ out: '' }));
      if (/^(running|degraded)/.test(out)) return;
      if (this.nspawn.exitCode !== null) throw new Error(`systemd-nspawn ended with ${this.nspawn.exitCode}.`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** @throws Error if it fails */
  async systemctl(...args: readonly string[]): Promise<void> {
    const { code, err } = await this.inside(['systemctl', ...args]);
    if (code !== 0) throw new Error(`systemctl ${args.join(' ')}: ${err}`);
  }

  /** A property of the service, from `systemctl show`. */
  async property(name: string): Promise<string> {
    return (await this.inside(['systemctl', 'show', '--value', `--property=${name}`, 'rostro'])).out.trim();
  }

  /** Runs a command as root of the booted system. */
  inside(command: readonly string[], input?: Buffer): Promise<Ended> {
    const leader = readFileSync(`/proc/${this.nspawn.pid}/task/${this.nspawn.pid}/children`, 'utf8')
      .trim()
      .split(' ')[0];
    const spaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd'];
    return ended('nsenter', ['--target', leader, ...spaces, ...command], input);
  }

  async remove(): Promise<void> {
    const gone = new Promise((resolve) => this.nspawn.once('exit', resolve));
    this.nspawn.kill('SIGKILL');
    await gone;
  }
}

const AS_ROSTRO = ['--reuid=rostro', '--regid=rostro', '--clear-groups'];
