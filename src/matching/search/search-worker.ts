import { workerData, type MessagePort } from 'node:worker_threads';
import { reasonOf } from '../../shared/errors.js';
import { notifier, serveRpc, type Notify } from '../../shared/rpc.js';
import { GraphKeeper } from './graph-keeper.js';
import { SearchIndex } from './search-index.js';
import type { SearchEvents, SearchMethods, SearchThreadSpec } from './search-messages.js';
import { loadUsearch, type VectorLibrary } from './usearch.js';

/** Holds an index in this thread, for the other end of the port. */
export default async function serve(port: MessagePort): Promise<void> {
  const spec = workerData as SearchThreadSpec;
  const { mode, threads, near, exactLimit } = spec;
  const notify = notifier<SearchEvents>(port);
  const library = mode === 'plain' ? null : await nativeSearch(notify);
  const index = new SearchIndex({ mode, library, threads, near, exactLimit });
  const keeper = new GraphKeeper(index, spec, notify);
  serveRpc<SearchMethods>(port, {
    apply(changes) {
      index.apply(changes);
      keeper.indexChanged(changes.cleared.length > 0);
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
