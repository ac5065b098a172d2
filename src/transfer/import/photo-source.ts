/** Photos to import, wherever they lie. Paths have forward slashes. */
export interface PhotoSource {
  /** Every file that is not hidden, sorted. */
  readonly files: readonly string[];
  /**
   * @param path one of `files`, or, where a list names it, any that the source can reach
   * @throws RostroError `no_file`, `upload_too_large`, `bad_archive`
   */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What operating systems leave in folders and archives. */
const LEFT_BEHIND = new Set(['__MACOSX', 'Thumbs.db', 'desktop.ini']);

/** Whether a file is somebody's: neither hidden nor left behind by an operating system. */
export function isMeant(path: string): boolean {
  return path.split('/').every((part) => part !== '' && !part.startsWith('.') && !LEFT_BEHIND.has(part));
}
