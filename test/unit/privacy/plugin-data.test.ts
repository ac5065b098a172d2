import { expect, it } from 'vitest';
import { withPluginFields } from '../../../src/privacy/plugin-data.js';

it('a report as JSON has the entries of each plugin in its own field', () => {
  const pluginData = [{ field: 'subjects', title: 'names without photos', added: 2 }];
  expect(withPluginFields({ people: 1, pluginData })).toEqual({ people: 1, subjects: 2 });
});
