import { availableParallelism } from 'node:os';
import type { Config } from '../config.js';
import type { EmbedderContract } from '../embed/embedder.js';
import { NearestMatcher } from '../match/nearest.js';
import type { SearchableGallery } from '../match/search/gallery-rows.js';
import type { Logger } from '../observe/logger.js';
import { discardGraph, graphFolder } from '../service/searching/saved-graph.js';
import type { SearchThreadSpec } from '../service/searching/search-messages.js';
import { SearchThread } from '../service/searching/search-thread.js';
import type { Vault } from '../store/sealing/vault.js';

/**
 * Of the embedder's threshold: photos of one person are mostly nearer (0.65 of FaceNet's 1.1), strangers hardly ever are.
 */
const NEAR_SHARE = 0.8;

export interface SearchingParts {
  readonly gallery: SearchableGallery;
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  /** A command that leaves everything as it is and is done before a graph would be made. */
  readonly onlyLooks: boolean;
}

/** The thread that searches the gallery; it starts with the first search, or when `nearest.follow` is called. */
export async function openSearch(
  { search, stateDir }: Config,
  { gallery, contract, vault, log, onlyLooks }: SearchingParts,
): Promise<{ thread: SearchThread; nearest: NearestMatcher }> {
  const folder = graphFolder(stateDir);
  // The graph holds embeddings, and usearch writes files only as they are: with a key nothing is saved.
  if (vault.encrypts && !onlyLooks) await discardGraph(folder);
  const spec: SearchThreadSpec = {
    mode: onlyLooks && search !== 'plain' ? 'exact' : search,
    threads: availableParallelism(),
    near: NEAR_SHARE * contract.threshold,
    folder: onlyLooks || vault.encrypts ? null : folder,
    contract: contract.id,
  };
  const thread = new SearchThread(spec, log);
  const nearest = new NearestMatcher(gallery, thread);
  thread.follow = () => nearest.follow();
  return { thread, nearest };
}
