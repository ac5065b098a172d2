import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../src/app/config.js';
import { LiveSettings, type SettingEffects } from '../../../src/app/live-settings.js';
import { CHANGEABLE_NAMES, settingOf } from '../../../src/app/settings.js';
import { SettingsFile } from '../../../src/app/settings-store.js';
import { auditFolder, auditTrail } from '../../../src/app/state-stores.js';
import type { AuditTrail } from '../../../src/privacy/audit/trail.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { removeTemporaryFolders, temporaryFolder } from '../../helpers/gallery-fixture.js';

let stateDir: string;
let trail: AuditTrail;
let opened: LiveSettings[] = [];
beforeEach(() => {
  stateDir = join(temporaryFolder(), '.state');
  trail = auditTrail(stateDir, true);
});
afterEach(async () => {
  for (const settings of opened) settings.close();
  opened = [];
  await trail.log?.close();
  vi.useRealTimers();
});
afterAll(removeTemporaryFolders);

async function open(environment: Record<string, string> = {}): Promise<LiveSettings> {
  const settings = await LiveSettings.open(readConfig(environment), new SettingsFile(stateDir), trail);
  opened.push(settings);
  return settings;
}

const nothing = {} as SettingEffects;
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;
const stateOf = (settings: LiveSettings, wanted: string) => settings.list().find(({ name }) => name === wanted);

describe('settings that change while the server runs', () => {
  it('have their defaults at first, and are never secret', async () => {
    const settings = await open();
    expect(settings.values).toMatchObject({ HISTORY_DAYS: 0, RETENTION_DAYS: undefined, LIVENESS: 'report' });
    expect(stateOf(settings, 'RETENTION_DAYS')).toEqual({
      name: 'RETENTION_DAYS',
      value: null,
      default: null,
      source: 'default',
      unit: 'days',
      choices: null,
    });
    expect(stateOf(settings, 'LIVENESS')?.choices).toEqual(['off', 'report', 'require']);
    expect(CHANGEABLE_NAMES.filter((name) => settingOf(name).secret)).toEqual([]);
  });

  it('are kept for the next start, and can be given back to the default', async () => {
    await (await open()).change({ HISTORY_DAYS: 7, LIVENESS: 'off' });
    const second = await open();
    expect([second.values.HISTORY_DAYS, second.values.LIVENESS]).toEqual([7, 'off']);
    expect(stateOf(second, 'HISTORY_DAYS')).toMatchObject({ value: 7, default: 0, source: 'stored' });
    await second.change({ HISTORY_DAYS: null });
    expect(stateOf(await open(), 'HISTORY_DAYS')).toMatchObject({ value: 0, source: 'default' });
  });

  it('yield to the environment, which cannot be changed here', async () => {
    await (await open()).change({ HISTORY_DAYS: 7 });
    const settings = await open({ HISTORY_DAYS: '30' });
    expect(stateOf(settings, 'HISTORY_DAYS')).toMatchObject({ value: 30, source: 'set' });
    await expect(settings.change({ RETENTION_DAYS: 10, HISTORY_DAYS: 1 })).rejects.toEqual(
      refused('setting_fixed', /^HISTORY_DAYS is set on this server/),
    );
    expect(settings.values).toMatchObject({ HISTORY_DAYS: 30, RETENTION_DAYS: undefined });
    expect((await open()).values.HISTORY_DAYS).toBe(7);
  });

  it('take what the environment takes, and only those that are meant', async () => {
    const settings = await open();
    const cases: [Record<string, string | number>, RegExp][] = [
      [{ HISTORY_DAYS: -1 }, /^HISTORY_DAYS=-1 is not usable/],
      [{ HISTORY_DAYS: 'soon' }, /^HISTORY_DAYS=soon is not usable/],
      [{ RETENTION_DAYS: 0 }, /^RETENTION_DAYS=0 is not usable/],
      [{ LIVENESS: 'maybe' }, /^LIVENESS=maybe is not usable/],
      [{ HISTORY_DAYS: 3, DATABASE_URL: 'postgres://x' }, /^DATABASE_URL cannot be changed while the server runs/],
      [{ constructor: 1 }, /^constructor cannot be changed/],
    ];
    for (const [changes, message] of cases)
      await expect(settings.change(changes)).rejects.toEqual(refused('bad_request', message));
    expect(settings.list().filter(({ source }) => source !== 'default')).toEqual([]);
  });

  it('are applied once when they change, checked before, and recorded', async () => {
    const applied: number[] = [];
    const settings = await open();
    settings.watch({
      ...nothing,
      HISTORY_DAYS: {
        apply: (days: number) => Promise.resolve(void applied.push(days)),
        check(days: number) {
          if (days === 13) throw new Error('unlucky');
        },
        erases: (days: number) => Promise.resolve({ sightings: 100 - days }),
      },
    });
    expect(await settings.erasedBy({ HISTORY_DAYS: 7 })).toEqual({ examples: 0, people: 0, sightings: 93 });
    await expect(settings.change({ HISTORY_DAYS: 13 })).rejects.toThrow('unlucky');
    await Promise.all([settings.change({ HISTORY_DAYS: 7 }), settings.change({ RETENTION_DAYS: 30 })]);
    await settings.change({ HISTORY_DAYS: 7 });
    expect(applied).toEqual([7]);
    const done = entriesIn(auditFolder(stateDir)).filter(({ outcome }) => outcome === 'done');
    expect(done.map(({ action, facts }) => [action, facts])).toEqual([
      ['configure', { HISTORY_DAYS: 7 }],
      ['configure', { RETENTION_DAYS: 30 }],
      ['configure', { HISTORY_DAYS: 7 }],
    ]);
  });

  it('follow what is stored from elsewhere', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const applied: unknown[] = [];
    const apply = (value: unknown) => Promise.resolve(void applied.push(value));
    const first = await open();
    first.watch({ ...nothing, LIVENESS: { apply } });
    await (await open()).change({ LIVENESS: 'require' });
    expect(first.values.LIVENESS).toBe('report');
    await vi.advanceTimersByTimeAsync(2000);
    await vi.waitFor(() => expect(applied).toEqual(['require']));
    expect(first.values.LIVENESS).toBe('require');
  });

  it('do not start with a damaged file, which may have protected more than the defaults', async () => {
    await (await open()).change({ LIVENESS: 'require' });
    const path = join(stateDir, 'settings.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.slice(0, -5));
    await expect(open()).rejects.toEqual(refused('storage_failed', /settings\.json .* cannot be read/));
    writeFileSync(path, text.replace('require', 'sometimes'));
    await expect(open()).rejects.toEqual(refused('bad_config', /^LIVENESS=sometimes is not usable/));
    writeFileSync(path, JSON.stringify({ version: 1, values: { OF_A_NEWER_VERSION: 'x' } }));
    expect((await open()).values.LIVENESS).toBe('report');
  });
});
