#!/usr/bin/env node
import { existsSync, readdirSync, statSync } from 'node:fs';

const src = new URL('../src/', import.meta.url);
const stamp = new URL('../dist/.built', import.meta.url);

/** True in a source checkout whose dist/ is missing or older than its src/; an installed package has no src/. */
function isStale() {
  if (!existsSync(src)) return false;
  if (!existsSync(stamp)) return true;
  const builtMs = statSync(stamp).mtimeMs;
  return readdirSync(src, { recursive: true }).some((name) => statSync(new URL(String(name), src)).mtimeMs > builtMs);
}

if (isStale()) {
  const { buildDist } = await import('../scripts/build.js');
  await buildDist();
}
await import('../dist/cli/main.js');
