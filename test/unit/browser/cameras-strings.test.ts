import { expect, it } from 'vitest';
import { CAMERA_FAILURE_CODES } from '../../../src/cameras/camera-failure.js';

it('has a sentence in both languages for every reason why a camera shows nothing', async () => {
  const url = new URL('../../../public/js/strings/cameras.js', import.meta.url).href;
  const { default: table } = (await import(url)) as { default: Record<'en' | 'es', Partial<Record<string, string>>> };
  const wanted = CAMERA_FAILURE_CODES.filter((code) => code !== 'other').map((code) => `cameras.error.${code}`);
  for (const language of ['en', 'es'] as const) {
    expect(wanted.filter((key) => table[language][key] === undefined)).toEqual([]);
  }
});
