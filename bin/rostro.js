#!/usr/bin/env node
import { existsSync, readdirSync, statSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

const src = new URL('../src/', import.meta.url);
const docs = new URL('../docs/', import.meta.url);
const stamp = new URL('../dist/.built', import.meta.url);

/** Whether this is a checkout whose dist/ is missing or older than src/ or docs/. An installed package has no src/. */
function isStale() {
  if (!existsSync(src)) return false;
  if (!existsSync(stamp)) return true;
  const builtMs = statSync(stamp).mtimeMs;
  return [src, docs].some((folder) =>
    readdirSync(folder, { recursive: true }).some((name) => statSync(new URL(String(name), folder)).mtimeMs > builtMs),
  );
}

// Objects of the server die young: the young generation stays at its first size, which saves 20 MB.
setFlagsFromString('--semi-space-growth-factor=1');

if (isStale()) {
  const { buildDist } = await import('../scripts/build.js');
  await buildDist();
}
const { main } = await import('../dist/main.js');
process.exitCode = await main(process.argv.slice(2));
