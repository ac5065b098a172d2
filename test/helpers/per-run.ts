/** What the lanes of one run share. Each lane loads its global setup anew, so it lies on the process. */
interface Shared<T> {
  readonly value: Promise<T>;
  lanes: number;
}
const shared = ((globalThis as { rostroTests?: Map<string, Shared<unknown>> }).rostroTests ??= new Map());

/**
 * Prepares something once a run, however many lanes ask for it.
 * @returns what was prepared, and what removes it once the last lane has ended
 */
export async function oncePerRun<T>(
  name: string,
  prepare: () => T | Promise<T>,
  remove: (value: T) => unknown,
): Promise<{ value: T; release: () => Promise<void> }> {
  if (!shared.has(name)) shared.set(name, { value: Promise.resolve(prepare()), lanes: 0 });
  const entry = shared.get(name) as Shared<T>;
  entry.lanes += 1;
  const value = await entry.value;
  return {
    value,
    async release() {
      entry.lanes -= 1;
      if (entry.lanes === 0) await remove(value);
    },
  };
}
