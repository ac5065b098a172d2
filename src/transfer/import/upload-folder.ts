import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArchiveBytes } from '../../shared/archive/zip-archive.js';
import { PRIVATE_FILE } from '../../shared/files.js';

/** Any part of a file can be read without the rest, which archives need. Damage is found by their checksums. */
const CIPHER = 'aes-256-ctr';
const KEY_BYTES = 32;
const BLOCK_BYTES = 16;
const ERASED_AT_ONCE = 1024 * 1024;

/**
 * The uploaded files of one import. They are encrypted with a key that only this process has, in memory: a crash, a backup
 * of the disk and deleted blocks show no photo.
 */
export class UploadFolder {
  private readonly key = randomBytes(KEY_BYTES);
  private count = 0;

  constructor(readonly path: string) {}

  /**
   * @param checks passes on the content, or fails
   * @returns the name of the new file in the folder
   * @throws the file system's error; what `content` and `checks` throw
   */
  async store(content: Readable, checks: Transform): Promise<string> {
    const name = String(this.count++);
    const cipher = createCipheriv(CIPHER, this.key, counterAt(name, 0));
    await pipeline(content, checks, cipher, createWriteStream(this.at(name), { flags: 'wx', mode: PRIVATE_FILE }));
    return name;
  }

  /** @throws the file system's error */
  async size(name: string): Promise<number> {
    return (await stat(this.at(name))).size;
  }

  /** @throws the file system's error */
  async read(name: string): Promise<Uint8Array> {
    return this.decrypt(name, 0, await readFile(this.at(name)));
  }

  /** Opens a file to read and erase parts of it. @throws the file system's error */
  async open(name: string): Promise<ArchiveBytes> {
    const file = await open(this.at(name), 'r+');
    const { size } = await file.stat();
    return {
      size,
      read: async (start, length) => {
        const from = start - (start % BLOCK_BYTES);
        const stored = Buffer.alloc(start + length - from);
        const { bytesRead } = await file.read(stored, 0, stored.length, from);
        return this.decrypt(name, from / BLOCK_BYTES, stored.subarray(0, bytesRead)).subarray(start - from);
      },
      erase: async (start, length) => {
        const end = Math.min(start + length, size);
        for (let at = start; at < end; at += ERASED_AT_ONCE) {
          await file.write(randomBytes(Math.min(ERASED_AT_ONCE, end - at)), 0, undefined, at);
        }
        await file.sync();
      },
      close: () => file.close(),
    };
  }

  /** Succeeds also where the file does not exist. @throws the file system's error */
  async remove(name: string): Promise<void> {
    await rm(this.at(name), { force: true });
  }

  private decrypt(name: string, block: number, stored: Buffer): Buffer {
    return createDecipheriv(CIPHER, this.key, counterAt(name, block)).update(stored);
  }

  private at(name: string): string {
    return join(this.path, name);
  }
}

/** The counter is the number of the file and that of the block, so that none is used twice with one key. */
function counterAt(name: string, block: number): Buffer {
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(name), 0);
  counter.writeBigUInt64BE(BigInt(block), 8);
  return counter;
}
