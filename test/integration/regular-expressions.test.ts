import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSync } from 'recheck';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

// The backend in JavaScript: the others are a program to start and a Java archive.
process.env.RECHECK_SYNC_BACKEND = 'pure';

/** Patterns that may take more than linear time, each with the reason. */
const ALLOWED: ReadonlyMap<string, string> = new Map([[String.raw`/.{1,98}(?:\s|$)/g`, 'wraps texts of this program']]);

/** The slowest pattern takes 3 s on two busy cores. */
const PATTERN_TIMEOUT_MS = 15_000;

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = ['src', 'public/js'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => /\.[tj]s$/.test(name)),
);

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression of a file: literals, and what `new RegExp` is given. */
function patternsOf(file: string): Pattern[] {
  const text = readFileSync(join(root, file), 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Pattern[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      found.push({ source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    const isConstructed =
      (ts.isNewExpression(node) || ts.isCallExpression(node)) && /^RegExp$/.test(node.expression.getText());
    if (isConstructed) {
      const [source, flags = ''] = node.arguments!.map((argument) => valueOf(argument, tree));
      found.push({ source, flags });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** Computes a constant expression with the constants of its file. A parameter of a function or of another file counts as 8. */
function valueOf(expression: ts.Expression, tree: ts.SourceFile): string {
  const declared = new Map<string, string>();
  const declare = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (ts.isIdentifier(node) && isVariable(node) && !declared.has(node.text)) {
      const value = constantOf(node.text, tree);
      if (value) declare(value);
      declared.set(node.text, value ? codeOf(value) : '"8"');
    }
    ts.forEachChild(node, declare);
  };
  declare(expression);
  const declarations = [...declared].map(([name, code]) => `const ${name} = ${code};`).join('\n');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- this repository's text
  return new Function(`${declarations}\nreturn ${codeOf(expression)};`)() as string;
}

function isVariable(node: ts.Identifier): boolean {
  const isProperty = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
  return !isProperty && !(node.text in globalThis);
}

function constantOf(name: string, tree: ts.SourceFile): ts.Expression | undefined {
  return tree.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .find((declaration) => declaration.name.getText() === name)?.initializer;
}

function codeOf(expression: ts.Expression): string {
  return ts.transpile(`(${expression.getText()})`, { target: ts.ScriptTarget.Latest }).trim().replace(/;$/, '');
}

describe('regular expressions', () => {
  const all = files.flatMap((file) => patternsOf(file).map((pattern) => ({ file, ...pattern })));
  const byText = new Map(all.map((pattern) => [`/${pattern.source}/${pattern.flags}`, pattern]));

  it('take linear time, whatever text a client sends', { timeout: 120_000 }, () => {
    expect(byText.size).toBeGreaterThan(100);
    const slow = [...byText].flatMap(([text, { file, source, flags }]) => {
      if (!/[*+{]/.test(source) || ALLOWED.has(text)) return [];
      const { status } = checkSync(source, flags, { timeout: PATTERN_TIMEOUT_MS });
      return status === 'safe' ? [] : [`${file}: ${text} is ${status}`];
    });
    expect(slow).toEqual([]);
  });

  it('are exempt only while they exist', () => {
    expect([...ALLOWED.keys()].filter((text) => !byText.has(text))).toEqual([]);
  });
});
