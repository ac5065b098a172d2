/** One line of a Containerfile, continuations joined. */
export interface Instruction {
  /** In capitals: `RUN`. */
  readonly keyword: string;
  /** `--from=build` as `{ from: 'build' }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows, without the flags. */
  readonly text: string;
  /** The same where it is a list (`["node", "a.js"]`), else null. */
  readonly list: readonly string[] | null;
}

/** From one `FROM` to the next. */
export interface Stage {
  /** Null where it has none. */
  readonly name: string | null;
  /** An image, or the name of a stage before. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/**
 * Reads a Containerfile: comments, continued lines, flags, lists, stages. No ARG, no heredocs, no `ONBUILD`.
 * @throws Error where it does not begin with `FROM`
 */
export function parseContainerfile(text: string): readonly Stage[] {
  const stages: { name: string | null; base: string; instructions: Instruction[] }[] = [];
  for (const line of linesOf(text)) {
    const instruction = parseLine(line);
    if (instruction.keyword === 'FROM') {
      const words = instruction.text.split(/\s+/);
      stages.push({ base: words[0], name: words.at(2) ?? null, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`A Containerfile begins with FROM, not with ${instruction.keyword}.`);
      stage.instructions.push(instruction);
    }
  }
  return stages;
}

/** `A=b C="d e"` as pairs. */
export function parseEnv(text: string): readonly (readonly [name: string, value: string])[] {
  return [...text.matchAll(/(\w+)=("[^"]*"|\S*)/g)].map(([, name, value]) => [name, value.replaceAll('"', '')]);
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
}

function parseLine(line: string): Instruction {
  const [, keyword, rest] = /^\s*(\w+)\s+(.*)$/.exec(line)!;
  const [leading] = /^(--\S+\s+)*/.exec(rest)!;
  const flags = Object.fromEntries([...leading.matchAll(/--([\w-]+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  const text = rest.slice(leading.length).trim();
  return { keyword: keyword.toUpperCase(), flags, text, list: listIn(text) };
}

/** Of `HEALTHCHECK CMD ["…"]`, too. */
function listIn(text: string): readonly string[] | null {
  const found = /^(?:CMD\s+)?(\[.*\])$/.exec(text);
  return found === null ? null : (JSON.parse(found[1]) as string[]);
}
