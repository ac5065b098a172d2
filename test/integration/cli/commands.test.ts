import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { rostro } from '../../helpers/rostro.js';

describe('the commands', () => {
  it('are loaded by the name that they have', async () => {
    const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
    expect(commands.map((command) => command.name())).toEqual(Object.keys(COMMANDS));
    expect(commands.filter((command) => command.description() === '')).toEqual([]);
  });

  it('are all listed, and a word that is none of them is refused', async () => {
    const { out } = await rostro('.', '--help');
    const listed = [...out.matchAll(/^ {2}([a-z-]+)\b/gm)].map(([, name]) => name);
    expect(listed).toEqual(expect.arrayContaining(Object.keys(COMMANDS)));
    expect(await rostro('.', 'poeple', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining("unknown command 'poeple'\n(Did you mean people?)") as string,
    });
  });
});
