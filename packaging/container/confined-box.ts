import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box, Ended, RunningBox } from '../try/box.js';
import type { LayeredRoot } from './layered-root.js';
import type { ImageConfig } from './performed-build.js';
import { ended, endOf, must } from '../try/shell.js';

/**
 * Runs an image like a container engine, with kernel namespaces only: a network with only loopback, its own process ids, the
 * image's user without capabilities, and a file system that is read-only except for the volume and /tmp.
 */
export class ConfinedBox implements Box {
  readonly description: string;
  readonly program = '/app';

  constructor(
    private readonly root: LayeredRoot,
    private readonly config: ImageConfig,
    private readonly volume: string,
  ) {
    this.description = `chroot, user ${config.user}, nothing but loopback, read-only but for ${config.volumes.join(', ')} and /tmp`;
    mkdirSync(volume);
    // Like an engine: a new volume starts as a copy of the folder that it covers.
    for (const path of config.volumes) must('cp', ['--archive', '--no-target-directory', join(root.dir, path), volume]);
  }

  once(...args: readonly string[]): Promise<Ended> {
    return endOf(this.spawn([...this.config.entrypoint, ...args]));
  }

  async start(): Promise<RunningBox> {
    const outside = this.spawn([...this.config.entrypoint, ...this.config.cmd]);
    const end = endOf(outside);
    const pid = await childOf(outside.pid!);
    const inside = ['--target', String(pid), '--net', '--mount', '--pid'];
    const exec = (command: readonly string[], input?: Buffer) =>
      ended('nsenter', [...inside, ...this.asUser(command)], input);
    return {
      exec,
      isHealthy: async () => (await exec(this.config.healthcheck)).code === 0,
      stop: async () => {
        process.kill(pid, 'SIGTERM');
        const { code, out, err } = await end;
        console.log(`${out}${err}`);
        return code;
      },
    };
  }

  remove(): Promise<void> {
    this.root.close();
    return Promise.resolve();
  }

  /** The program has process id 1, as in a container. */
  private spawn(command: readonly string[]) {
    const { dir } = this.root;
    const steps = [
      'ip link set lo up',
      `mount --rbind "${dir}" "${dir}"`,
      `cd "${dir}"`,
      `mount -o remount,bind,ro "${dir}"`,
      ...this.config.volumes.map((path) => `mount --bind "${this.volume}" "${dir}${path}"`),
      `mount -t tmpfs tmpfs "${dir}/tmp"`,
      `mount -t proc proc "${dir}/proc"`,
      'exec "$@"',
    ];
    const spaces = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
    return spawn('unshare', [...spaces, 'sh', '-ec', steps.join('\n'), 'sh', ...this.asUser(command)], {
      stdio: 'pipe',
    });
  }

  private asUser(command: readonly string[]): string[] {
    const { env, user, workdir } = this.config;
    const [uid, gid] = user.split(':');
    const powers = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
    const settings = Object.entries({ ...env, HOME: homeOf(uid, this.root.dir) }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const who = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...powers];
    return [
      'chroot',
      this.root.dir,
      ...who,
      'env',
      '--ignore-environment',
      `--chdir=${workdir}`,
      ...settings,
      ...command,
    ];
  }
}

/** From /etc/passwd of the image. */
function homeOf(uid: string, root: string): string {
  const users = readFileSync(join(root, 'etc', 'passwd'), 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  return users.find((fields) => fields[2] === uid)?.[5] ?? '/';
}

/** Waits for the child process of `unshare --fork`. */
async function childOf(pid: number): Promise<number> {
  for (;;) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (children !== '') return Number(children);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
