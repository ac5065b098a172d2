import { readFileSync } from 'node:fs';

/** The folder of this installation. The compiled files lie beside each other in its `dist/`. */
export const packageRoot = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../', import.meta.url);

/** Of this installation, as `package.json` says it. */
export const { version } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as {
  version: string;
};
