import { randomBytes } from 'node:crypto';
import { promises as fs, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../../shared/errors.js';
import { makePrivateFolder, PRIVATE_FILE, systemCode } from '../../shared/files.js';
import { storageFailed } from '../errors.js';
import { EMBEDDINGS_FOLDER, LOCK_FILE, temporaryFile } from './layout.js';

/** Permission to write a gallery, checked before every write. */
export interface WritePermission {
  /** @throws RostroError `gallery_locked` where another process has taken over the folder */
  confirm(): Promise<void>;
}

export interface LockTiming {
  /** Interval of the heartbeat. */
  readonly heartbeatMs: number;
  /** A lock without a heartbeat for this long is stale, where the process cannot be checked. */
  readonly staleMs: number;
}

const TIMING: LockTiming = { heartbeatMs: 5000, staleMs: 15_000 };
const ATTEMPTS = 5;
const POLL_MS = 250;

/**
 * The lock on a data folder: `embeddings/.rostro-lock`, with the identity of the process. One process at a time may
 * write. The lock of a dead process is taken over: at once where its pid can be checked, after `staleMs` without a
 * heartbeat where it ran on another machine or in another container. Independent of clocks: any change of the file's
 * mtime is a heartbeat.
 */
export class FolderLock implements WritePermission {
  readonly #path: string;
  readonly #token: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(
    private readonly dataDir: string,
    token: string,
    beatMs: number,
  ) {
    this.#path = join(dataDir, LOCK_FILE);
    this.#token = token;
    this.#beat = setInterval(() => void this.#touch(), beatMs).unref();
  }

  /** @throws RostroError `gallery_locked`; `storage_failed` where the folder cannot be written */
  static async acquire(dataDir: string, timing: LockTiming = TIMING): Promise<FolderLock> {
    const token = randomBytes(8).toString('hex');
    try {
      await makePrivateFolder(join(dataDir, EMBEDDINGS_FOLDER));
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await create(dataDir, token)) return new FolderLock(dataDir, token, timing.heartbeatMs);
        await removeStaleLock(dataDir, timing.staleMs);
      }
    } catch (error) {
      throw storageFailed('The data folder could not be locked', error);
    }
    throw new RostroError('gallery_locked', `Several processes are trying to use ${dataDir} at once.`);
  }

  async confirm(): Promise<void> {
    const holder = await readHolder(this.#path);
    if (holder?.token === this.#token) return;
    if (holder !== null) throw lockedBy(holder, this.dataDir);
    throw new RostroError(
      'gallery_locked',
      `${this.#path} is no longer there, so another process may be using the folder: start again to write.`,
    );
  }

  async release(): Promise<void> {
    clearInterval(this.#beat);
    const holder = await readHolder(this.#path).catch(() => null);
    if (holder?.token === this.#token) await fs.unlink(this.#path).catch(() => undefined);
  }

  async #touch(): Promise<void> {
    const holder = await readHolder(this.#path).catch(() => null);
    const now = new Date();
    if (holder?.token === this.#token) await fs.utimes(this.#path, now, now).catch(() => undefined);
  }
}

/** Creates the lock atomically: `link` fails where the name exists, also on network file systems. */
async function create(dataDir: string, token: string): Promise<boolean> {
  const temporary = join(dataDir, temporaryFile());
  const path = join(dataDir, LOCK_FILE);
  const text = JSON.stringify(thisProcess(token));
  try {
    await fs.writeFile(temporary, text, { flag: 'wx', mode: PRIVATE_FILE });
    await fs.link(temporary, path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return false;
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return await createWithoutLink(path, text);
    throw error;
  } finally {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function createWithoutLink(path: string, text: string): Promise<boolean> {
  try {
    await fs.writeFile(path, text, { flag: 'wx', mode: PRIVATE_FILE });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a dead process. @throws RostroError `gallery_locked` where the process lives */
async function removeStaleLock(dataDir: string, silenceMs: number): Promise<void> {
  const path = join(dataDir, LOCK_FILE);
  const holder = await readHolder(path);
  const life = holder === null ? 'unknown' : holderState(holder);
  if (life === 'alive' || (life === 'unknown' && (await hasHeartbeat(path, silenceMs)))) {
    throw lockedBy(holder, dataDir);
  }
  const aside = join(dataDir, temporaryFile());
  await fs.rename(path, aside).catch(unlessAbsent);
  const moved = await readHolder(aside);
  // Another process has replaced the lock meanwhile: restore it. If that fails, it notices before its next write.
  if (moved !== null && moved.token !== holder?.token) await fs.link(aside, path).catch(() => undefined);
  await fs.rm(aside, { force: true });
}

async function hasHeartbeat(path: string, silenceMs: number): Promise<boolean> {
  const first = await timeOf(path);
  for (let waited = 0; waited < silenceMs; waited += POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, silenceMs)));
    const now = await timeOf(path);
    if (now === null) return false;
    if (now !== first) return true;
  }
  return false;
}

async function timeOf(path: string): Promise<bigint | null> {
  const found = await fs.stat(path, { bigint: true }).catch(unlessAbsent);
  return found?.mtimeNs ?? null;
}

async function readHolder(path: string): Promise<LockHolder | null> {
  const bytes = await fs.readFile(path).catch(unlessAbsent);
  return bytes ? parseHolder(bytes) : null;
}

function unlessAbsent(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}

function lockedBy(holder: LockHolder | null, dataDir: string): RostroError {
  const who = holder
    ? `process ${holder.pid} on ${holder.host}, since ${holder.since}`
    : 'it does not say which process';
  return new RostroError(
    'gallery_locked',
    `Another Rostro uses ${dataDir} (${who}): stop it first, or give this one a folder of its own with ROSTRO_DATA.`,
    { details: holder ? { pid: holder.pid, host: holder.host, since: holder.since } : {} },
  );
}

const schema = z.object({
  version: z.literal(1),
  /** Random for each lock. */
  token: z.string(),
  host: z.string(),
  pid: z.int().min(0),
  /** Scope of the pid: boot id and pid namespace on Linux, else the host name. */
  space: z.string(),
  /** Start time of the process in clock ticks since boot; null where it is unknown. */
  began: z.string().nullable(),
  since: z.string(),
});

/** Content of the lock file: the process that holds the folder. */
export type LockHolder = z.infer<typeof schema>;

export function thisProcess(token: string): LockHolder {
  const { pid } = process;
  const since = new Date().toISOString();
  return { version: 1, token, host: hostname(), pid, space: processSpace(), began: startTimeOf(pid), since };
}

/** @returns null for invalid or incomplete content */
export function parseHolder(bytes: Uint8Array): LockHolder | null {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null;
  }
}

/**
 * Whether the holder still runs. `unknown` for processes of other machines and containers, and where the system does
 * not give start times.
 */
export function holderState({ pid, space, began }: LockHolder): 'alive' | 'dead' | 'unknown' {
  if (space !== processSpace()) return 'unknown';
  if (!exists(pid)) return 'dead';
  if (began === null) return 'unknown';
  return startTimeOf(pid) === began ? 'alive' : 'dead';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Containers share a boot id and may share a host name, but not a pid namespace. */
function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Field 22 of /proc/<pid>/stat, counted after the command name, which may contain blanks and brackets (proc(5)). */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}
