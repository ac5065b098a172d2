import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));
const documents = readdirSync(docs).filter((name) => name.endsWith('.md'));

/** What follows `rostro` in blocks and in spans of code, up to a comment, a pipe or the end of the line. */
function commandsIn(name: string): string[] {
  const lines = readFileSync(docs + name, 'utf8').matchAll(/(?:^|`|npx |[A-Z]\S* )rostro (?<rest>[a-z-][^`#|&\n]*)/gm);
  return [...lines].map(({ groups }) => groups!.rest.trim());
}

const longFlags = ({ options, parent }: Command): string[] => [
  ...options.map(({ long }) => long ?? ''),
  ...(parent ? longFlags(parent) : []),
];

describe.each(documents)('the commands in docs/%s', (name) => {
  it('exist, with their flags', async () => {
    const unknown: string[] = [];
    for (const line of commandsIn(name)) {
      const [first, second] = line.split(' ');
      if (first.startsWith('-')) continue;
      if (!(first in COMMANDS)) {
        unknown.push(line);
        continue;
      }
      const top = await COMMANDS[first]();
      const command = top.commands.find((sub) => sub.name() === second) ?? top;
      const known = ['--help', ...longFlags(command)];
      const flags = line.match(/--[a-z-]+/g) ?? [];
      if (!flags.every((flag) => known.includes(flag))) unknown.push(line);
    }
    expect(unknown).toEqual([]);
  });
});
