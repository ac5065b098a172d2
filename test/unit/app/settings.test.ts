import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { settingsDocument } from '../../../scripts/settings-doc.js';
import { SETTING_NAMES, settingOf } from '../../../src/app/settings.js';

describe('the table of settings', () => {
  it('is what docs/settings.md says; "npm run docs:settings" writes it', async () => {
    const path = fileURLToPath(new URL('../../../docs/settings.md', import.meta.url));
    expect(readFileSync(path, 'utf8')).toBe(await settingsDocument());
  });

  it('has defaults that their own types read', () => {
    for (const name of SETTING_NAMES) {
      const { default: byDefault, type } = settingOf(name);
      const text = typeof byDefault === 'function' ? byDefault() : byDefault;
      if (text !== undefined) expect(type.safeParse(text).success, name).toBe(true);
    }
  });

  it('describes every default that has no text', () => {
    const undescribed = SETTING_NAMES.filter((name) => {
      const { default: byDefault, defaultShown } = settingOf(name);
      return defaultShown === undefined && (typeof byDefault !== 'string' || byDefault === '');
    });
    expect(undescribed).toEqual([]);
  });

  it('gives no key and no flag twice', () => {
    const settings = SETTING_NAMES.map((name) => settingOf(name));
    const keys = settings.map(({ section, key }) => `${section}.${key}`);
    const flags = settings.flatMap(({ flag }) => flag?.split(' ')[0] ?? []);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(flags).size).toBe(flags.length);
  });
});
