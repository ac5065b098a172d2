import type { Box, Ended, RunningBox } from '../try/box.js';
import { ended, must, printed } from '../try/shell.js';

const IMAGE = 'rostro-check';

/** Builds and runs the image with a container engine, as a user does. */
export class EngineBox implements Box {
  readonly description: string;
  readonly program = '/app';
  private readonly volume = `${IMAGE}-${process.pid}`;

  /**
   * Builds the image.
   * @param engine `podman` or `docker`
   * @param buildOptions passed to its `build`
   */
  constructor(
    private readonly engine: string,
    context: string,
    buildOptions: readonly string[],
  ) {
    this.description = `${engine}, nothing but loopback, read-only but for the volume and /tmp`;
    // podman's default format has no HEALTHCHECK.
    const format = engine === 'podman' ? ['--format', 'docker'] : [];
    must(engine, ['build', ...format, '--tag', IMAGE, '--file', `${context}/Containerfile`, ...buildOptions, context]);
    must(engine, ['volume', 'create', this.volume]);
  }

  once(...args: readonly string[]): Promise<Ended> {
    return ended(this.engine, ['run', '--rm', ...this.options, IMAGE, ...args]);
  }

  start(): Promise<RunningBox> {
    const id = printed(this.engine, ['run', '--detach', ...this.options, IMAGE]);
    const exec = (command: readonly string[], input?: Buffer) =>
      ended(this.engine, ['exec', '--interactive', id, ...command], input);
    const health = this.healthcheck();
    return Promise.resolve({
      exec,
      isHealthy: async () => (await exec(health)).code === 0,
      stop: async () => {
        must(this.engine, ['stop', '--time', '15', id]);
        const { out, err } = await ended(this.engine, ['logs', id]);
        console.log(`${out}${err}`);
        const code = printed(this.engine, ['inspect', '--format', '{{.State.ExitCode}}', id]);
        must(this.engine, ['rm', id]);
        return Number(code);
      },
    });
  }

  async remove(): Promise<void> {
    await ended(this.engine, ['volume', 'rm', '--force', this.volume]);
    await ended(this.engine, ['image', 'rm', '--force', IMAGE]);
  }

  private get options(): readonly string[] {
    return [
      '--network',
      'none',
      '--read-only',
      '--tmpfs',
      '/tmp',
      '--cap-drop',
      'all',
      '--volume',
      `${this.volume}:/data`,
    ];
  }

  /** The image's value: `["CMD", "node", …]`. */
  private healthcheck(): readonly string[] {
    const told = printed(this.engine, ['image', 'inspect', '--format', '{{json .Config.Healthcheck.Test}}', IMAGE]);
    return (JSON.parse(told) as string[]).slice(1);
  }
}
