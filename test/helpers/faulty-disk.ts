import { nodeDisk } from '../../src/gallery/files/disk.js';
import type { Disk } from '../../src/gallery/files/disk.js';

/** Replaces one writing step, numbered from 0; it may do the step completely, half or not at all, and throw. */
export type Fault = (step: number, act: () => Promise<unknown>, half: () => Promise<unknown>) => Promise<unknown>;

/** The real disk with faults in the steps that write or sync. */
export function faultyDisk(fault: Fault): Disk {
  let steps = 0;
  const nothing = (): Promise<void> => Promise.resolve();
  const step = async <T>(act: () => Promise<T>, half: () => Promise<unknown> = nothing): Promise<T> =>
    (await fault(steps++, act, half)) as T;
  return {
    ...nodeDisk,
    makeFolder: (folder) => step(() => nodeDisk.makeFolder(folder)),
    writeNew: (path, bytes, finalPath) =>
      step(
        () => nodeDisk.writeNew(path, bytes, finalPath),
        () => nodeDisk.writeNew(path, bytes.subarray(0, bytes.length >> 1), finalPath),
      ),
    duplicate: (from, to) => step(() => nodeDisk.duplicate(from, to)),
    rename: (from, to) => step(() => nodeDisk.rename(from, to)),
    remove: (path) => step(() => nodeDisk.remove(path)),
    removeEmptyFolder: (folder) => step(() => nodeDisk.removeEmptyFolder(folder)),
    syncFolder: (folder) => step(() => nodeDisk.syncFolder(folder)),
  };
}

/** The machine stops before or in the middle of a step: no later step happens. */
export function stoppingAt(stop: number, halfDone: boolean): Fault {
  return async (step, act, half) => {
    if (step < stop) return act();
    if (step === stop && halfDone) await half();
    throw new Error('the machine has stopped');
  };
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code, syscall: 'write', errno: -1 });
}
