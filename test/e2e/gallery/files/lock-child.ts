import { FolderLock } from '../../../../src/gallery/files/folder-lock.js';

/** Holds a folder's lock until it is killed: `lock-child DATA_DIR`. */
await FolderLock.acquire(process.argv[2]);
process.stdout.write('held\n');
setInterval(() => undefined, 1000);
