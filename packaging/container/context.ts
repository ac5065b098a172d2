import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * The build context: all files of a folder that `.dockerignore` does not exclude. As in container engines, the last matching
 * line decides, `!` includes, and a pattern that matches a folder matches its contents.
 * @returns paths below the folder, with `/`
 */
export function contextFiles(folder: string): readonly string[] {
  const rules = rulesOf(readFileSync(join(folder, '.dockerignore'), 'utf8'));
  return walk(folder, '', (path) => {
    const last = rules.findLast(({ pattern }) => pattern.test(path));
    return last === undefined || last.isIncluded;
  });
}

interface Rule {
  readonly pattern: RegExp;
  readonly isIncluded: boolean;
}

function rulesOf(text: string): readonly Rule[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => ({ isIncluded: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '').trim()) }));
}

function patternOf(glob: string): RegExp {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, (stars) => (stars === '*' ? '[^/]*' : '.*'));
  return new RegExp(`^${source}(/.*)?$`);
}

/** Skips node_modules and .git, which are large and never included. */
function walk(folder: string, below: string, isIncluded: (path: string) => boolean): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', '.git'].includes(entry.name) ? [] : walk(folder, path, isIncluded);
    return isIncluded(path) ? [path.split(sep).join('/')] : [];
  });
}
