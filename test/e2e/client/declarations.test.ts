import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** A project that has installed the package, with nothing but its declarations; inside this one for the types of Node. */
let project: string;
beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'client-types.js')]);
  mkdirSync(join(root, 'test', 'tmp'), { recursive: true });
  project = mkdtempSync(join(root, 'test', 'tmp', 'consumer-'));
  const installed = join(project, 'node_modules', 'rostro');
  mkdirSync(join(installed, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  cpSync(join(root, 'dist', 'client'), join(installed, 'dist', 'client'), { recursive: true });
  mkdirSync(join(project, 'node_modules', '@types'));
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(project, 'node_modules', '@types', 'node'));
  writeFileSync(join(project, 'package.json'), '{"type": "module"}');
});
afterAll(() => rmSync(project, { recursive: true }));

const USE = `
import { Rostro, RostroApiError, type Photo, type Recognition, type CameraEvent } from 'rostro/client';
export async function use(photo: Photo): Promise<string | null> {
  const rostro = new Rostro({ url: 'http://localhost:5000', key: 'rostro_x', retries: (error, made) => error.code === 'busy' && made < 5 });
  try {
    const { name } = await rostro.enrol(photo, { name: 'Ada', groups: ['staff'], metadata: { since: [1843, null] } });
    const recognition: Recognition = await rostro.recognize(photo, { threshold: 1 });
    const followed = await rostro.recognize(photo, { session: 'a-camera-1' });
    const track: number = followed.faces[0].track;
    for await (const person of rostro.people.all({ group: 'staff' })) console.log(person.thumbnail, track);
    for await (const event of rostro.events()) return ((event satisfies CameraEvent).person ?? name) + recognition.faces.length;
  } catch (error) {
    if (error instanceof RostroApiError && error.is('several_faces')) return String(error.details.faces[0].box.x);
    if (error instanceof RostroApiError && error.code === 'unreachable') return error.message;
    // @ts-expect-error no such code
    if (error instanceof RostroApiError && error.code === 'no_such_code') return null;
  }
  // @ts-expect-error no such option
  await rostro.recognize(photo, { treshold: 1 });
  return null;
}
`;

/** What the compiler finds wrong with a file of the project, its declarations included. */
function complaints(name: string, text: string, options: ts.CompilerOptions): string[] {
  const file = join(project, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const strict = { strict: true, skipLibCheck: false, noEmit: true, target: ts.ScriptTarget.ES2022 };
  const program = ts.createProgram([file], { ...strict, ...options });
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file: where, messageText }) =>
        `${where?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}

const LIBS = ['lib.es2023.d.ts'];

describe('the published declarations', () => {
  it('compile in a program for Node, which knows no browser', () => {
    const node = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
    const found = complaints('node.ts', USE, {
      ...node,
      lib: LIBS,
      types: ['node'],
      typeRoots: [join(project, 'node_modules', '@types')],
    });
    expect(found).toEqual([]);
  });

  it('compile in a page, which knows no Node', () => {
    const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
    const lib = [...LIBS, 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'];
    const exact = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: false };
    expect(complaints('page.ts', USE, { ...bundler, ...exact, lib, types: [] })).toEqual([]);
  });

  it('say the same as the schemas of the server, without zod', () => {
    const text = readFileSync(join(root, 'dist', 'client', 'types.d.ts'), 'utf8');
    expect(text).not.toMatch(/import |\bz\./);
    expect(text).toContain('/** Null if no person is within the threshold. */');
    const names = [...text.matchAll(/^export type (\w+)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(30);
    const same = `
import type * as plain from 'rostro/client';
import type * as told from '${join(root, 'src', 'client', 'types.js')}';
type Same<A, B> = 0 extends 1 & A ? false : [A] extends [B] ? ([B] extends [A] ? true : false) : false;
${names.map((name) => `export const of${name}: [Same<plain.${name}, told.${name}>, '${name}'] = [true, '${name}'];`).join('\n')}
`;
    const node = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
    expect(
      complaints('same.ts', same, { ...node, skipLibCheck: true, types: ['node'], lib: [...LIBS, 'lib.dom.d.ts'] }),
    ).toEqual([]);
  });
});

describe('the built client', () => {
  it('imports nothing', () => {
    const text = readFileSync(join(root, 'dist', 'client', 'index.js'), 'utf8');
    expect(ts.preProcessFile(text).importedFiles).toEqual([]);
  });
});
