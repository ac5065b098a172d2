import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.js';
import { SETTING_NAMES } from '../../../src/app/settings.js';

const run = promisify(execFile);
const unitFile = fileURLToPath(new URL('../../../packaging/rostro.service', import.meta.url));
const envFile = fileURLToPath(new URL('../../../packaging/rostro.env', import.meta.url));

const hasSystemd = canRun('systemd-analyze', '--version');
const needsSystemd = hasSystemd ? '' : ' (skipped: needs systemd-analyze, which is not here)';

/** systemd's own scale: 0 is shut in, 10 exposed; an unconfined service has 9.6. */
const EXPOSURE_BAR = 2;

describe.skipIf(!hasSystemd)(`the unit of systemd${needsSystemd}`, () => {
  let folder: string;
  let unit: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rostro-unit-'));
    unit = join(folder, 'rostro.service');
    // The program need not be installed here; that the command exists is all that is taken from it.
    writeFileSync(unit, readFileSync(unitFile, 'utf8').replace('ExecStart=rostro', `ExecStart=${process.execPath}`));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is found without fault', async () => {
    const { stdout, stderr } = await run('systemd-analyze', ['verify', unit]);
    expect(stdout + stderr).not.toContain('rostro.service');
  });

  it(`exposes itself by ${EXPOSURE_BAR} of 10 at most`, async () => {
    const args = ['security', '--offline=true', `--threshold=${10 * EXPOSURE_BAR}`, '--no-pager', unit];
    const { stdout } = await run('systemd-analyze', args);
    expect(Number(/Overall exposure level for rostro.service: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThanOrEqual(
      EXPOSURE_BAR,
    );
  });
});

describe('the settings of the service', () => {
  it('are settings, with values that can be used', () => {
    const lines = readFileSync(envFile, 'utf8')
      .split('\n')
      .filter((line) => /^#\w+=/.test(line));
    const settings: Record<string, string> = Object.fromEntries(
      lines.map((line) => [line.slice(1, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(Object.keys(settings).filter((name) => !(SETTING_NAMES as string[]).includes(name))).toEqual([]);
    expect(readConfig(settings)).toMatchObject({
      server: { host: '0.0.0.0', port: 5000 },
      privacy: { retentionDays: 90 },
    });
  });

  it('leave a stop the ten seconds that it may take', () => {
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(readFileSync(unitFile, 'utf8'))?.[1])).toBeGreaterThan(10);
  });
});

function canRun(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
