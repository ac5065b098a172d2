import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Box } from '../try/box.js';
import { ConfinedBox } from './confined-box.js';
import { EngineBox } from './engine-box.js';
import type { MachineFile } from './layered-root.js';
import { performBuild } from './performed-build.js';
import { hasProgram, must, needRootAnd, printed } from '../try/shell.js';
import { expect, tryOut } from '../try/trial.js';

const context = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const { values, positionals } = parseArgs({
  options: { engine: { type: 'string' }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const TRUSTED = '/etc/ssl/certs/ca-certificates.crt';
const begun = performance.now();
const engine = values.engine ?? ['podman', 'docker'].find((name) => hasProgram(name) && answers(name)) ?? 'none';
const work = mkdtempSync('/var/tmp/rostro-container-');
let box: Box | undefined;
try {
  box = engine === 'none' ? performed(work) : new EngineBox(engine, context, positionals);
  console.log(`built after ${seconds()} s: ${box.description}`);
  await tryOut(box, async (running) => {
    const { code, err } = await running.exec(['ffmpeg', '-version']);
    expect('with ffmpeg', code === 0, err);
  });
  console.log(`The Containerfile holds, after ${seconds()} s.`);
} finally {
  await box?.remove();
  if (!values.keep) must('rm', ['--recursive', '--one-file-system', work]);
}

/** Whether the client reaches an engine. */
function answers(name: string): boolean {
  try {
    return printed(name, ['info', '--format', 'json']) !== '';
  } catch {
    return false;
  }
}

function performed(folder: string): Box {
  needRootAnd('mmdebstrap', 'ip');
  const { root, config } = performBuild(context, folder, machineFiles(folder));
  console.log(printed('du', ['--summarize', '--human-readable', ...root.allLayers, `${root.dir}/app/node_modules`]));
  return new ConfinedBox(root, config, join(folder, 'volume'));
}

/** Copies the machine's DNS settings and trusted certificates, which may include that of a proxy. */
function machineFiles(folder: string): readonly MachineFile[] {
  const files: MachineFile[] = [];
  const show = (name: string, content: string, to: string) => {
    const from = join(folder, name);
    writeFileSync(from, content);
    files.push({ from, to });
  };
  show('names', readFileSync('/etc/resolv.conf', 'utf8'), '/etc/resolv.conf');
  if (existsSync(TRUSTED)) {
    show('trusted', readFileSync(TRUSTED, 'utf8'), '/run/trusted.crt');
    show('npmrc', 'cafile=/run/trusted.crt\n', '/root/.npmrc');
  }
  return files;
}

function seconds(): string {
  return ((performance.now() - begun) / 1000).toFixed(0);
}
