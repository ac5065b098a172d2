import { stat } from 'node:fs/promises';

/** Which file was looked at, and in which state: what was found in it holds as long as both figures stay. */
export interface PhotoStamp {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** @throws Error of the file system when there is no such file */
export async function stampOf(path: string): Promise<PhotoStamp> {
  const { size, mtimeMs } = await stat(path);
  return { path, size, mtimeMs };
}

export function sameState(a: PhotoStamp, b: PhotoStamp): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs;
}
