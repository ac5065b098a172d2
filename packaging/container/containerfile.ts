/** One instruction of a Containerfile, with continuation lines joined. */
export interface Instruction {
  /** In upper case: `RUN`. */
  readonly keyword: string;
  /** `--from=build` as `{ from: 'build' }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** The arguments without the flags. */
  readonly text: string;
  /** The arguments in exec form (`["node", "a.js"]`), else null. */
  readonly list: readonly string[] | null;
}

/** A build stage: from one `FROM` to the next. */
export interface Stage {
  /** Null for an unnamed stage. */
  readonly name: string | null;
  /** An image or the name of an earlier stage. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/**
 * Parses a Containerfile: comments, continuation lines, flags, exec forms, stages. No ARG, heredocs or ONBUILD.
 * @throws Error unless the file begins with `FROM`
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

/** Parses `A=b C="d e"`. */
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

/** Also accepts `HEALTHCHECK CMD ["…"]`. */
function listIn(text: string): readonly string[] | null {
  const found = /^(?:CMD\s+)?(\[.*\])$/.exec(text);
  return found === null ? null : (JSON.parse(found[1]) as string[]);
}
