import { availableParallelism } from 'node:os';
import type { Config } from './config.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import { DistantNearest, NearestMatcher } from '../matching/nearest.js';
import type { Matcher, PeopleFinder } from '../matching/matcher.js';
import type { SearchableGallery } from '../matching/search/gallery-rows.js';
import type { Logger } from '../shared/logger.js';
import { discardGraph, graphFolder } from '../matching/search/saved-graph.js';
import type { SearchThreadSpec } from '../matching/search/search-messages.js';
import { SearchThread } from '../matching/search/search-thread.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';

/**
 * Of the embedder's threshold: photos of one person are mostly nearer (0.65 of FaceNet's 1.1), strangers hardly ever are.
 */
const NEAR_SHARE = 0.8;

/** Who finds the nearest people of the gallery. */
export interface Search {
  readonly nearest: Matcher & PeopleFinder;
  /** Tells the search what the gallery holds, so that the first who asks does not wait. */
  follow(): void;
  close(): Promise<void>;
}

export interface SearchingParts {
  readonly gallery: Pick<Gallery, 'version' | 'embedded'>;
  /** Where the database searches; null where memory holds all embeddings. */
  readonly finder: PeopleFinder | null;
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  /** A command that leaves everything as it is and is done before a graph would be made. */
  readonly onlyLooks: boolean;
}

/** The thread that searches the gallery; it starts with the first search, or when `follow` is called. Or the database does. */
export async function openSearch(
  { search, stateDir }: Config,
  { gallery, finder, contract, vault, log, onlyLooks }: SearchingParts,
): Promise<Search> {
  if (finder) return { nearest: new DistantNearest(finder), follow: () => undefined, close: () => Promise.resolve() };
  const folder = graphFolder(stateDir);
  // The graph holds embeddings, and usearch writes files only as they are: with a key nothing is saved.
  if (vault.encrypts && !onlyLooks) await discardGraph(folder);
  const spec: SearchThreadSpec = {
    mode: modeOf(search, onlyLooks),
    threads: availableParallelism(),
    near: NEAR_SHARE * contract.threshold,
    folder: onlyLooks || vault.encrypts ? null : folder,
    contract: contract.id,
  };
  const thread = new SearchThread(spec, log);
  const nearest = new NearestMatcher(searchable(gallery), thread);
  const follow = (): void => {
    nearest.follow();
  };
  thread.follow = follow;
  return { nearest, follow, close: () => thread.close() };
}

function modeOf(search: Config['search'], onlyLooks: boolean): SearchThreadSpec['mode'] {
  if (search === 'plain') return search;
  return onlyLooks || search === 'pgvector' ? 'exact' : search;
}

/** A gallery whose embeddings are in memory, as a search reads it. */
export function searchable(gallery: Pick<Gallery, 'version' | 'embedded'>): SearchableGallery {
  return {
    get version() {
      return gallery.version;
    },
    people: () => gallery.embedded(),
  };
}
