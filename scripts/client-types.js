import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { z } from 'zod';
import { printType } from './print-type.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The modules that `src/client/types.ts` refers to, by the names of its imports. */
const SCHEMAS = { schemas: 'schemas.js', event: 'event.js' };

/**
 * Writes the declarations of the client into a built folder. The server's schemas are written out as plain types with their
 * descriptions, so that users of the client need neither the server's types nor zod.
 */
export async function buildClientTypes(dist = join(root, 'dist')) {
  emitDeclarations(dist);
  const types = join(dist, 'client', 'types.d.ts');
  writeFileSync(types, await withPlainTypes(readFileSync(types, 'utf8'), dist));
}

/** For the type check of the pages, which import it where the server has it. @param {string} folder */
function declareJquery(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'jquery.module.min.d.ts'), "export { default } from 'jquery';\n");
}

/** @param {string} dist */
function emitDeclarations(dist) {
  const entry = join(root, 'src', 'client', 'index.ts');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const wanted = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: dist };
  const program = ts.createProgram([entry], { ...options, ...wanted, rootDir: join(root, 'src'), allowJs: false });
  const { diagnostics } = program.emit(undefined, (file, text) => {
    if (file.startsWith(join(dist, 'client'))) ts.sys.writeFile(file, text);
  });
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost({})));
}

/**
 * @param {string} text declarations that refer to schemas
 * @param {string} dist the built folder, which contains the schemas
 */
async function withPlainTypes(text, dist) {
  /** @type {Record<string, Record<string, z.ZodType>>} */
  const modules = {};
  for (const [name, file] of Object.entries(SCHEMAS)) {
    modules[name] = await import(pathToFileURL(join(dist, file)).href);
  }
  const plain = text
    .replace(/^import .*\n/gm, '')
    .replace(/z\.(infer|input)<typeof (\w+)(?:\.(\w+))?>/g, (_all, kind, first, second) => {
      const schema = second === undefined ? modules.event[first] : modules[first][second];
      return printType(z.toJSONSchema(schema, { io: kind === 'input' ? 'input' : 'output' }));
    });
  if (/\bz\.|typeof/.test(plain.replace(/\/\*.*?\*\//gs, '')))
    throw new Error('types.ts says something else of a schema than z.infer.');
  return plain;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildClientTypes();
  declareJquery(join(root, 'dist', 'vendor', 'jquery'));
}
