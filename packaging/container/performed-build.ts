import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { parseContainerfile, parseEnv, type Instruction, type Stage } from './containerfile.js';
import { contextFiles } from './context.js';
import { makeDebianRoot } from '../try/debian-root.js';
import { LayeredRoot, type MachineFile } from './layered-root.js';
import { must } from '../try/shell.js';

/** The configuration of an image. */
export interface ImageConfig {
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  /** `uid:gid`. */
  readonly user: string;
  readonly volumes: readonly string[];
  readonly healthcheck: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

const EMPTY: ImageConfig = {
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
  workdir: '/',
  user: '0:0',
  volumes: [],
  healthcheck: [],
  entrypoint: [],
  cmd: [],
};

interface Built {
  readonly root: LayeredRoot;
  readonly config: ImageConfig;
}

/**
 * Performs the instructions of a Containerfile in Debian roots, like a container engine.
 * @param context the folder with `Containerfile` and `.dockerignore`
 * @param work an empty folder for the roots
 * @returns the root of the last stage and the image's configuration; the other roots are closed
 * @throws Error at the first instruction that fails or is not supported
 */
export function performBuild(context: string, work: string, files: readonly MachineFile[]): Built {
  const stages = parseContainerfile(readFileSync(join(context, 'Containerfile'), 'utf8'));
  const built = new Map<string, Built>();
  const all = stages.map((stage, index) => {
    const done = performStage(stage, { context, folder: join(work, `stage-${index}`), built, work, files });
    built.set(stage.name ?? String(index), done);
    return done;
  });
  all.slice(0, -1).forEach(({ root }) => root.close());
  return all.at(-1)!;
}

interface Surroundings {
  readonly context: string;
  readonly folder: string;
  readonly work: string;
  readonly built: ReadonlyMap<string, Built>;
  readonly files: readonly MachineFile[];
}

function performStage(stage: Stage, around: Surroundings): Built {
  const parent = around.built.get(stage.base);
  const layers = parent?.root.allLayers ?? [imageRoot(stage.base, around.work)];
  const root = new LayeredRoot(layers, around.folder, around.files);
  const config = stage.instructions.reduce((before, instruction) => {
    console.log(`--- ${instruction.keyword} ${instruction.text}`);
    return perform(instruction, before, root, around);
  }, parent?.config ?? EMPTY);
  return { root, config };
}

function imageRoot(image: string, work: string): string {
  const dir = join(work, image.replaceAll(/\W/g, '-'));
  if (existsSync(dir)) return dir;
  const node = /^node:([\d.]+)-([a-z]+-slim)@/.exec(image);
  if (node === null) makeDebianRoot(image, dir);
  else {
    makeDebianRoot(`debian:${node[2]}`, dir, ['libstdc++6']);
    addNode(node[1], dir, work);
  }
  return dir;
}

/** Adds Node.js and npm, from packages of npm, where the official image has them. */
function addNode(version: string, dir: string, work: string): void {
  const binary = `node-linux-${process.arch}`;
  const local = join(dir, 'usr/local');
  const modules = join(local, 'lib/node_modules');
  must('npm', ['install', '--prefix', join(work, 'node'), '--no-save', `${binary}@${version}`, 'npm@11']);
  mkdirSync(modules, { recursive: true });
  must('cp', [join(work, 'node/node_modules', binary, 'bin/node'), join(local, 'bin/node')]);
  must('cp', ['--archive', join(work, 'node/node_modules/npm'), modules]);
  must('ln', ['--symbolic', '../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm')]);
}

function perform(instruction: Instruction, config: ImageConfig, root: LayeredRoot, around: Surroundings): ImageConfig {
  const { keyword, text, list } = instruction;
  const words = list ?? ['/bin/sh', '-c', text];
  switch (keyword) {
    case 'RUN':
      root.run(words, config.env, config.workdir);
      return config;
    case 'COPY':
      copy(instruction, config.workdir, root, around);
      return config;
    case 'WORKDIR':
      mkdirSync(join(root.dir, text), { recursive: true });
      return { ...config, workdir: posix.resolve(config.workdir, text) };
    case 'ENV':
      return { ...config, env: { ...config.env, ...Object.fromEntries(parseEnv(text)) } };
    case 'USER':
      return { ...config, user: text };
    case 'VOLUME':
      return { ...config, volumes: [...config.volumes, ...(list ?? text.split(' '))] };
    case 'HEALTHCHECK':
      return { ...config, healthcheck: words };
    case 'ENTRYPOINT':
      return { ...config, entrypoint: words };
    case 'CMD':
      return { ...config, cmd: words };
    case 'EXPOSE':
      return config;
    default:
      throw new Error(`${keyword} is not known to this check.`);
  }
}

function copy({ text, flags }: Instruction, workdir: string, root: LayeredRoot, around: Surroundings): void {
  const paths = text.split(/\s+/);
  const target = join(root.dir, posix.resolve(workdir, paths.at(-1)!));
  for (const path of paths.slice(0, -1)) {
    const stage = around.built.get(flags.from);
    if (stage) must('cp', ['--archive', '--no-target-directory', join(stage.root.dir, path), target]);
    else copyFromContext(path, paths.at(-1)!.endsWith('/') ? `${target}/` : target, around.context);
  }
}

/** The contents of a folder, or a file; only files of the context. */
function copyFromContext(path: string, target: string, context: string): void {
  const source = posix.normalize(path);
  const isFolder = statSync(join(context, source)).isDirectory();
  const prefix = source === '.' ? '' : `${source}/`;
  const files = contextFiles(context).filter((file) => (isFolder ? file.startsWith(prefix) : file === source));
  if (files.length === 0) throw new Error(`${path} is not in the context: .dockerignore leaves it out.`);
  for (const file of files) {
    const to = isFolder
      ? join(target, file.slice(prefix.length))
      : target.endsWith('/')
        ? join(target, basename(file))
        : target;
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(context, file), to);
  }
}
