import { join, posix } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { forEachConcurrent, SerialQueue } from '../../shared/queue.js';
import { storageFailed } from '../errors.js';
import { type Disk, writeAndRename } from './disk.js';
import type { WritePermission } from './folder-lock.js';
import { type Change, type Cleanup, type Journal, parseJournal, sha256, type TextFile } from './journal.js';
import { EMBEDDINGS_FOLDER, JOURNAL_FILE, temporaryFile, UPLOADS_FOLDER } from './layout.js';

/** Files that are synced side by side: the threads of libuv. The file system commits them together. */
const SYNCS = 4;

interface PendingChange {
  readonly journal: Journal;
  /** Updates the memory after the commit. */
  readonly apply: () => void;
  /** Whether the commit was started. */
  committing: boolean;
  applied: boolean;
}

/**
 * Executes changes one at a time. A crash at any moment leaves either the old or the new state: first the journal, the
 * sidecar and the crops are written, then the commit, then old files are deleted.
 */
export class ChangeWriter {
  #current: PendingChange | null = null;

  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
  ) {}

  /**
   * Resolves when the change is synced to the disk. The next change or start deletes files that could not be deleted.
   * Call {@link finishPending} before planning the change.
   * @param apply called once, after the commit
   * @throws the file system's error; nothing has changed then. Exception: if the disk failed during the commit and
   *   still fails, the outcome is unknown until the next {@link finishPending}, which calls `apply` if the commit
   *   succeeded
   */
  async execute(change: Change, apply: () => void): Promise<void> {
    const current: PendingChange = { journal: change.journal, apply, committing: false, applied: false };
    this.#current = current;
    try {
      await this.#prepare(change);
      current.committing = true;
      await this.#commit(change.commit);
      applyOnce(current);
      await this.#finish(change.journal.done);
      this.#current = null;
    } catch (error) {
      await this.finishPending().catch(() => undefined);
      if (!current.applied) throw error;
    }
  }

  /**
   * Finishes or undoes a change that a disk error left incomplete.
   * @throws the file system's error while the disk still fails
   */
  async finishPending(): Promise<void> {
    if (this.#current === null) return;
    const { journal, committing, applied } = this.#current;
    const done = applied || (committing && (await this.#isDone(journal)));
    if (done) applyOnce(this.#current);
    await this.#finish(done ? journal.done : journal.undone);
    this.#current = null;
  }

  /**
   * Finishes or undoes a change that a crash interrupted.
   * @throws RostroError `gallery_corrupt`; the file system's error
   */
  async recover(): Promise<'nothing' | 'finished' | 'undone'> {
    const bytes = await this.disk.read(this.#at(JOURNAL_FILE));
    if (bytes === null) return 'nothing';
    const journal = parseJournal(bytes);
    const done = await this.#isDone(journal);
    await this.#finish(done ? journal.done : journal.undone);
    return done ? 'finished' : 'undone';
  }

  /** Whether the commit happened; syncs it to the disk if so. */
  async #isDone({ doneWhen }: Journal): Promise<boolean> {
    const bytes = await this.disk.read(this.#at(doneWhen.path));
    const done = (bytes === null ? null : sha256(bytes)) === doneWhen.sha256;
    if (done) await this.disk.syncFolder(this.#at(EMBEDDINGS_FOLDER));
    return done;
  }

  async #prepare({ journal, sidecar, newFiles, duplicates }: Change): Promise<void> {
    await this.#replace({ path: JOURNAL_FILE, text: JSON.stringify(journal) });
    if (sidecar) await this.#replace(sidecar);
    const paths = [...newFiles.map(({ path }) => path), ...duplicates.map(({ to }) => to)];
    const folders = new Set(paths.map((path) => posix.dirname(path)));
    for (const folder of folders) await this.disk.makeFolder(this.#at(folder));
    await forEachConcurrent(newFiles, SYNCS, ({ path, bytes }) => this.disk.writeNew(this.#at(path), bytes));
    for (const { from, to } of duplicates) {
      if (await this.disk.exists(this.#at(from))) await this.disk.duplicate(this.#at(from), this.#at(to));
    }
    if (folders.size > 0) folders.add(UPLOADS_FOLDER);
    await forEachConcurrent(folders, SYNCS, (folder) => this.disk.syncFolder(this.#at(folder)));
  }

  async #commit(commit: Change['commit']): Promise<void> {
    if (commit.action === 'replace') return this.#replace(commit);
    await this.disk.remove(this.#at(commit.path));
    await this.disk.syncFolder(this.#at(EMBEDDINGS_FOLDER));
  }

  async #finish({ remove, sidecar, rows }: Cleanup): Promise<void> {
    if (rows) await this.#replaceUnlessSame({ path: rows.path, bytes: Buffer.from(rows.base64, 'base64') });
    for (const path of remove) await this.disk.remove(this.#at(path));
    for (const folder of new Set(remove.map((path) => posix.dirname(path)))) {
      const removed = folder.includes('/') && (await this.disk.removeEmptyFolder(this.#at(folder)));
      await this.disk.syncFolder(this.#at(removed ? posix.dirname(folder) : folder));
    }
    if (sidecar) await this.#replaceUnlessSame({ path: sidecar.path, bytes: Buffer.from(sidecar.text) });
    await this.disk.remove(this.#at(JOURNAL_FILE));
  }

  async #replaceUnlessSame(file: { path: string; bytes: Buffer }): Promise<void> {
    const bytes = await this.disk.read(this.#at(file.path));
    if (bytes === null || !file.bytes.equals(bytes)) await this.#replace(file);
  }

  async #replace(file: TextFile | { path: string; bytes: Uint8Array }): Promise<void> {
    const bytes = 'bytes' in file ? file.bytes : Buffer.from(file.text);
    await writeAndRename(this.disk, this.#at(temporaryFile()), this.#at(file.path), bytes);
    await this.disk.syncFolder(this.#at(EMBEDDINGS_FOLDER));
  }

  #at(path: string): string {
    return join(this.dataDir, path);
  }
}

function applyOnce(current: PendingChange): void {
  if (!current.applied) current.apply();
  current.applied = true;
}

/** Serialises writes. Checks the lock and finishes the previous change before each write. */
export class WriteQueue {
  readonly #queue = new SerialQueue();
  #closed = false;

  constructor(
    private readonly permission: WritePermission,
    private readonly writer: ChangeWriter,
  ) {}

  /** @throws RostroError `storage_failed`, `gallery_locked`; what `write` throws */
  run<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closed());
    const finishAndWrite = async (): Promise<T> => {
      try {
        await this.permission.confirm();
        await this.writer.finishPending();
        return await write();
      } catch (error) {
        throw storageFailed('The gallery could not be written', error);
      }
    };
    return this.#queue.run(finishAndWrite);
  }

  /** Waits for pending writes and refuses new ones. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue.idle();
  }
}

function closed(): RostroError {
  return new RostroError('storage_failed', 'The gallery is closed: the server is stopping.');
}
