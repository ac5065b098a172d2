import { setImmediate } from 'node:timers/promises';
import { workerData, type MessagePort } from 'node:worker_threads';
import { reasonOf } from '../../shared/errors.js';
import { notifier, serveRpc, type Notify } from '../../shared/rpc.js';
import { SearchIndex } from './search-index.js';
import type { SearchEvents, SearchMethods, SearchThreadSpec } from './search-messages.js';
import { loadUsearch, type VectorLibrary } from './usearch.js';

/** Holds an index in this thread, for the other end of the port. */
export default async function serve(port: MessagePort): Promise<void> {
  const spec = workerData as SearchThreadSpec;
  const notify = notifier<SearchEvents>(port);
  const library = spec.mode === 'plain' ? null : await nativeSearch(notify);
  const index = new SearchIndex({ ...spec, library });
  let isAdding = false;
  const addWaiting = async () => {
    if (isAdding || !index.addWaiting()) return;
    isAdding = true;
    const begun = performance.now();
    // Searches that have arrived are answered between two slices.
    do await setImmediate();
    while (index.addWaiting());
    isAdding = false;
    notify('scanReady', index.examples?.filled ?? 0, (performance.now() - begun) / 1000);
  };
  serveRpc<SearchMethods>(port, {
    apply(changes) {
      index.apply(changes);
      void addWaiting();
    },
    nearest: (embeddings, people, among) => index.nearest(embeddings, people, among),
  });
}

async function nativeSearch(notify: Notify<SearchEvents>): Promise<VectorLibrary | null> {
  try {
    return await loadUsearch();
  } catch (error) {
    notify('nativeSearchMissing', reasonOf(error));
    return null;
  }
}
