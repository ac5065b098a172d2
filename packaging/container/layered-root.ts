import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../try/shell.js';

/** Files that the build needs to reach package sources. Mounted during the build, not part of any layer. */
export interface MachineFile {
  readonly from: string;
  readonly to: string;
}

/** The file system of a stage: overlay layers, of which only the topmost is writable. Needs root; Linux only. */
export class LayeredRoot {
  /** The mount point. */
  readonly dir: string;
  private readonly mounted: string[] = [];

  /**
   * @param layers the read-only layers, topmost first
   * @param folder an empty folder for the writable layer
   */
  constructor(
    private readonly layers: readonly string[],
    private readonly folder: string,
    files: readonly MachineFile[],
  ) {
    this.dir = join(folder, 'root');
    for (const name of ['root', 'layer', 'work']) mkdirSync(join(folder, name), { recursive: true });
    const options = `lowerdir=${layers.join(':')},upperdir=${this.ownLayer},workdir=${join(folder, 'work')}`;
    this.mount('overlay', this.dir, '-t', 'overlay', '-o', options);
    this.mount('proc', join(this.dir, 'proc'), '-t', 'proc');
    this.mount('tmpfs', join(this.dir, 'run'), '-t', 'tmpfs');
    for (const { from, to } of files) {
      const target = join(this.dir, to);
      must('touch', [target]);
      this.mount(from, target, '--bind');
    }
  }

  /** The writable layer. */
  get ownLayer(): string {
    return join(this.folder, 'layer');
  }

  get allLayers(): readonly string[] {
    return [this.ownLayer, ...this.layers];
  }

  /** Runs a command in it as root and prints the output. @throws Error if it fails */
  run(command: readonly string[], env: NodeJS.ProcessEnv, workdir: string): void {
    must('chroot', [this.dir, 'env', `--chdir=${workdir}`, ...command], env);
  }

  /** Unmounts; the layers stay. */
  close(): void {
    for (const target of this.mounted.splice(0).reverse()) must('umount', [target]);
  }

  private mount(source: string, target: string, ...options: readonly string[]): void {
    must('mount', [...options, source, target]);
    this.mounted.push(target);
  }
}
