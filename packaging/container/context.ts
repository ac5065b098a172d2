import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * The files that a container engine would be given: all of a folder but what its `.containerignore` leaves out. As with
 * the engines the last line that fits decides, `!` takes in, and what fits a folder fits all that is in it.
 * @returns paths below the folder, with `/`
 */
export function contextFiles(folder: string): readonly string[] {
  const rules = rulesOf(readFileSync(join(folder, '.containerignore'), 'utf8'));
  return walk(folder, '', (path) => {
    const last = rules.findLast(({ pattern }) => pattern.test(path));
    return last === undefined || last.isTakenIn;
  });
}

interface Rule {
  readonly pattern: RegExp;
  readonly isTakenIn: boolean;
}

function rulesOf(text: string): readonly Rule[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => ({ isTakenIn: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '').trim()) }));
}

function patternOf(glob: string): RegExp {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, (stars) => (stars === '*' ? '[^/]*' : '.*'));
  return new RegExp(`^${source}(/.*)?$`);
}

/** Folders of packages and of git are never looked into: they are large, and no `!` can mean them. */
function walk(folder: string, below: string, isTaken: (path: string) => boolean): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', '.git'].includes(entry.name) ? [] : walk(folder, path, isTaken);
    return isTaken(path) ? [path.split(sep).join('/')] : [];
  });
}
