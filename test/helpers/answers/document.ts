import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pathIn = (folder: string) => join(folder, 'document.json');

/** The first test file that needs the OpenAPI document creates it for all. */
export async function makeDocument(folder: string): Promise<void> {
  if (existsSync(pathIn(folder))) return;
  const { openApiDocument } = await import('../../../src/http/openapi/document.js');
  const { COMPREFACE_API } = await import('../../../src/plugins/compreface/http.js');
  const own = join(folder, randomUUID());
  writeFileSync(own, JSON.stringify(openApiDocument('0', [COMPREFACE_API])));
  renameSync(own, pathIn(folder));
}

export function readDocument(folder: string): object {
  return JSON.parse(readFileSync(pathIn(folder), 'utf8')) as object;
}
