import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDebianRoot } from '../try/debian-root.js';
import { must, needRootAnd, printed } from '../try/shell.js';
import { expect, tryOut } from '../try/trial.js';
import { BootedBox } from './booted-box.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

needRootAnd('mmdebstrap', 'systemd-nspawn');
const work = mkdtempSync('/var/tmp/rostro-service-');
const root = join(work, 'root');
let box: BootedBox | undefined;
try {
  install();
  box = new BootedBox(root);
  await box.booted();
  await tryOut(box, () => shutIn(box!));
  await startsAgain(box);
  console.log('The unit holds.');
} finally {
  await box?.remove();
  must('rm', ['--recursive', '--one-file-system', work]);
}

/** The steps of docs/operations.md. */
function install(): void {
  makeDebianRoot('debian:trixie', root, ['systemd', 'systemd-sysv', 'dbus', 'nodejs']);
  const archive = printed('node', [join(project, 'scripts', 'package.js'), work]);
  const global = ['--global', `--prefix=${join(root, 'usr', 'local')}`];
  must('npm', ['install', ...global, '--ignore-scripts', '--prefer-offline', archive]);
  must('chroot', [root, ...'useradd --system --home-dir /var/lib/rostro --shell /usr/sbin/nologin rostro'.split(' ')]);
  must('chroot', [root, ...'install --directory --owner=rostro --mode=0700 /var/lib/rostro'.split(' ')]);
  const installed = join(root, 'usr', 'local', 'lib', 'node_modules', 'rostro', 'packaging', 'rostro.service');
  cpSync(installed, join(root, 'etc', 'systemd', 'system', 'rostro.service'));
  mkdirSync(join(root, 'etc', 'rostro'));
  writeFileSync(join(root, 'etc', 'rostro', 'rostro.env'), 'HOST=0.0.0.0\n', { mode: 0o600 });
}

/** Checks the kernel's view of the server process and the write access of its mounts. */
async function shutIn(booted: BootedBox): Promise<void> {
  const pid = await booted.property('MainPID');
  const { out } = await booted.inside(['cat', `/proc/${pid}/status`]);
  expect('no new privileges', /^NoNewPrivs:\t1$/m.test(out), out);
  expect('no capability', /^CapBnd:\t0+$/m.test(out), out);
  expect('system calls filtered', /^Seccomp:\t2$/m.test(out), out);
  const touched = async (path: string) =>
    (await booted.inside(['nsenter', '--target', pid, '--mount', 'touch', path])).code === 0;
  for (const path of ['/etc/x', '/usr/x', '/var/x']) {
    expect(`${path} is for reading, with its mounts even for root`, !(await touched(path)), path);
  }
  expect('the data folder is for writing', await touched('/var/lib/rostro/x'), '');
}

/** After a crash. */
async function startsAgain(booted: BootedBox): Promise<void> {
  const running = await booted.start();
  const pid = await booted.property('MainPID');
  await booted.systemctl('kill', '--signal=SIGKILL', 'rostro');
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const again = await booted.property('MainPID');
  expect('it is started again after a kill', ![pid, '0'].includes(again), again);
  await running.stop();
}
