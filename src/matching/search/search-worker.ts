import { workerData, type MessagePort } from 'node:worker_threads';
import { reasonOf } from '../../shared/errors.js';
import { SearchIndex } from './search-index.js';
import { loadUsearch, type VectorLibrary } from './usearch.js';
import { GraphKeeper } from './graph-keeper.js';
import type { SearchReply, SearchRequest, SearchThreadSpec } from './search-messages.js';

/** Holds an index in a thread of its own, for whoever has the other end of the port. */
export default async function serve(port: MessagePort): Promise<void> {
  const spec = workerData as SearchThreadSpec;
  const { mode, threads, near, exactLimit } = spec;
  const tell = (reply: SearchReply) => port.postMessage(reply);
  const library = mode === 'plain' ? null : await nativeSearch(tell);
  const index = new SearchIndex({ mode, library, threads, near, exactLimit });
  const keeper = new GraphKeeper(index, spec, tell);
  port.on('message', (request: SearchRequest) => answer(request, index, keeper, tell));
}

function answer(
  request: SearchRequest,
  index: SearchIndex,
  keeper: GraphKeeper,
  tell: (reply: SearchReply) => void,
): void {
  if (request.kind === 'apply') {
    index.apply(request.changes);
    keeper.changed(request.changes.cleared.length > 0);
    return;
  }
  const { id, embeddings, people, among } = request;
  try {
    tell({ kind: 'found', id, hits: index.nearest(embeddings, people, among) });
  } catch (error) {
    tell({ kind: 'failed', id, reason: reasonOf(error) });
  }
}

async function nativeSearch(tell: (reply: SearchReply) => void): Promise<VectorLibrary | null> {
  try {
    return await loadUsearch();
  } catch (error) {
    tell({ kind: 'plain', reason: reasonOf(error) });
    return null;
  }
}
