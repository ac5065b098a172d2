import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Timed, Trial } from './verdict.js';

/** Everything that decides how fast a device is, beside the CPU. */
export interface Circumstances extends Trial {
  /** Of the machine; see `devices.ts`. */
  readonly fingerprint: string;
}

const schema = z.object({ threads: z.number(), fingerprint: z.string(), cpuMs: z.number(), gpuMs: z.number() });

const fileOf = (cacheDir: string, { provider }: Circumstances) => join(cacheDir, `slow-${provider}.json`);

/** How slow the device was when it was last tried under these circumstances; null where that is not known. */
export async function knownAsSlow(cacheDir: string, now: Circumstances): Promise<Timed | null> {
  try {
    const then = schema.parse(JSON.parse(await readFile(fileOf(cacheDir, now), 'utf8')));
    return then.fingerprint === now.fingerprint && then.threads === now.threads ? then : null;
  } catch {
    return null;
  }
}

/**
 * A device in software takes seconds to try, which later starts save. Nothing else is remembered: what works must be seen to
 * work, and what does not may have been mended. A file that cannot be written, or was torn, costs the same trial again.
 */
export async function rememberAsSlow(cacheDir: string, now: Circumstances, { cpuMs, gpuMs }: Timed): Promise<void> {
  const { threads, fingerprint } = now;
  try {
    await mkdir(cacheDir, { recursive: true });
    await writeFile(fileOf(cacheDir, now), `${JSON.stringify({ threads, fingerprint, cpuMs, gpuMs })}\n`);
  } catch {
    return;
  }
}
