import { nodeDisk } from '../../src/gallery/files/disk.js';
import type { Disk } from '../../src/gallery/files/disk.js';

/** What happens to one changing step, told its number from 0; it may do the step, half of it, or none, and throw. */
export type Fault = (step: number, act: () => Promise<unknown>, half: () => Promise<unknown>) => Promise<unknown>;

/** The real disk with something in the way of the steps that change or sync anything. */
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

/** The machine stops before a step, or in its middle: nothing after it happens. */
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
