import { mkdir } from 'node:fs/promises';

/** Makes the folder, and those above it, for the server's user alone. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}
