import { posix, join } from 'node:path';
import type { Disk } from './disk.js';
import { parseJournal, sha256 } from './journal.js';
import type { Change, Journal, TextFile, Tidy } from './journal.js';
import { EMBEDDINGS_FOLDER, JOURNAL_FILE, temporaryFile, UPLOADS_FOLDER } from './layout.js';

interface ChangeUnderWay {
  readonly journal: Journal;
  /** Tells the memory that the change has become real. */
  readonly apply: () => void;
  /** False while the step that counts has not been tried, so that the change cannot have happened. */
  committing: boolean;
  applied: boolean;
}

/**
 * Carries changes out one at a time so that a stop at any moment leaves either the old state or the new one:
 * journal, sidecar and crops first, then the one step that counts, then what is left over goes.
 */
export class ChangeWriter {
  #current: ChangeUnderWay | null = null;

  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
  ) {}

  /**
   * Returns when the change is on the medium. Left-overs that could not be removed go with the next change or start.
   * Call {@link settle} before planning the change.
   * @param apply called once, when the change has become real
   * @throws the file system's error; nothing has changed then, unless the disk failed in the very step that counts
   *   and stayed broken: what became of that step is found out, and told by `apply`, at the next {@link settle}
   */
  async carryOut(change: Change, apply: () => void): Promise<void> {
    const current: ChangeUnderWay = { journal: change.journal, apply, committing: false, applied: false };
    this.#current = current;
    try {
      await this.#prepare(change);
      current.committing = true;
      await this.#commit(change.commit);
      realise(current);
      await this.#finish(change.journal.done);
      this.#current = null;
    } catch (error) {
      await this.settle().catch(() => undefined);
      if (!current.applied) throw error;
    }
  }

  /**
   * Finishes or undoes the last change where a failure of the disk left it half-way.
   * @throws the file system's error while the disk still fails
   */
  async settle(): Promise<void> {
    if (this.#current === null) return;
    const { journal, committing, applied } = this.#current;
    const done = applied || (committing && (await this.#isDone(journal)));
    if (done) realise(this.#current);
    await this.#finish(done ? journal.done : journal.undone);
    this.#current = null;
  }

  /**
   * Finishes or undoes the change that a stop interrupted.
   * @throws RostroError `gallery_corrupt`, and the file system's error
   */
  async recover(): Promise<'nothing' | 'finished' | 'undone'> {
    const bytes = await this.disk.read(this.#at(JOURNAL_FILE));
    if (bytes === null) return 'nothing';
    const journal = parseJournal(bytes);
    const done = await this.#isDone(journal);
    await this.#finish(done ? journal.done : journal.undone);
    return done ? 'finished' : 'undone';
  }

  /** Whether the step that counts has happened; true only when it is on the medium, too. */
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
    for (const { path, bytes } of newFiles) await this.disk.writeNew(this.#at(path), bytes);
    for (const { from, to } of duplicates) {
      if (await this.disk.exists(this.#at(from))) await this.disk.duplicate(this.#at(from), this.#at(to));
    }
    if (folders.size > 0) folders.add(UPLOADS_FOLDER);
    for (const folder of folders) await this.disk.syncFolder(this.#at(folder));
  }

  async #commit(commit: Change['commit']): Promise<void> {
    if (commit.action === 'replace') return this.#replace(commit);
    await this.disk.remove(this.#at(commit.path));
    await this.disk.syncFolder(this.#at(EMBEDDINGS_FOLDER));
  }

  async #finish({ remove, sidecar }: Tidy): Promise<void> {
    for (const path of remove) await this.disk.remove(this.#at(path));
    for (const folder of new Set(remove.map((path) => posix.dirname(path)))) {
      const gone = folder.includes('/') && (await this.disk.removeEmptyFolder(this.#at(folder)));
      await this.disk.syncFolder(this.#at(gone ? posix.dirname(folder) : folder));
    }
    if (sidecar && !(await this.#holds(sidecar))) await this.#replace(sidecar);
    await this.disk.remove(this.#at(JOURNAL_FILE));
  }

  async #holds({ path, text }: TextFile): Promise<boolean> {
    const bytes = await this.disk.read(this.#at(path));
    return bytes !== null && Buffer.from(text).equals(bytes);
  }

  async #replace(file: TextFile | { path: string; bytes: Uint8Array }): Promise<void> {
    const temporary = this.#at(temporaryFile());
    try {
      const path = this.#at(file.path);
      await this.disk.writeNew(temporary, 'bytes' in file ? file.bytes : Buffer.from(file.text), path);
      await this.disk.rename(temporary, path);
    } catch (error) {
      await this.disk.remove(temporary).catch(() => undefined);
      throw error;
    }
    await this.disk.syncFolder(this.#at(EMBEDDINGS_FOLDER));
  }

  #at(path: string): string {
    return join(this.dataDir, path);
  }
}

function realise(current: ChangeUnderWay): void {
  if (!current.applied) current.apply();
  current.applied = true;
}
