import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

const schema = z.object({
  version: z.literal(1),
  /** Different for every taking, so that nobody mistakes another's lock for theirs. */
  token: z.string(),
  host: z.string(),
  pid: z.int().min(0),
  /** Within which process ids mean something: boot and pid namespace on Linux, else the host's name. */
  space: z.string(),
  /** When the process began, in the system's own count; null where the system does not say. */
  began: z.string().nullable(),
  since: z.string(),
});

/** Who has a data folder, as it stands in the lock file. */
export type LockHolder = z.infer<typeof schema>;

export function thisProcess(token: string): LockHolder {
  const { pid } = process;
  const since = new Date().toISOString();
  return { version: 1, token, host: hostname(), pid, space: processSpace(), began: beginOf(pid), since };
}

/** @returns null for bytes that no version of Rostro wrote whole */
export function parseHolder(bytes: Uint8Array): LockHolder | null {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null;
  }
}

/**
 * Whether the holder still runs, as far as this process can know: another machine's or another container's processes
 * cannot be looked at, and neither can the beginning of a process where the system does not tell it.
 */
export function lifeOf({ pid, space, began }: LockHolder): 'alive' | 'dead' | 'unknown' {
  if (space !== processSpace()) return 'unknown';
  if (!exists(pid)) return 'dead';
  if (began === null) return 'unknown';
  return beginOf(pid) === began ? 'alive' : 'dead';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Containers share a boot and may share a host name, but not a pid namespace. */
function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Field 22 of /proc/<pid>/stat, counted behind the command's name, which may hold blanks and brackets (proc(5)). */
function beginOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}
