import type { SearchIndex } from './search-index.js';
import { reasonOf } from '../../shared/errors.js';
import type { Notify } from '../../shared/rpc.js';
import { discardGraph, restoreGraph, saveGraph } from './saved-graph.js';
import type { SearchEvents, SearchThreadSpec } from './search-messages.js';

/** The graph is saved again when this share of it is not in the file; to add as many after a start takes seconds. */
const UNSAVED_SHARE = 0.05;

/** Restores the saved graph, adds the waiting rows to it between searches, and saves it. */
export class GraphKeeper {
  #hasRestored = false;
  #isWorking = false;
  /** Number of changes that erased something. */
  #erasures = 0;
  #savedSize = 0;

  constructor(
    private readonly index: SearchIndex,
    private readonly spec: Pick<SearchThreadSpec, 'folder' | 'contract'>,
    private readonly notify: Notify<SearchEvents>,
  ) {}

  /** To be called after each change of the index. @param erased examples are gone, so the saved graph is removed */
  indexChanged(erased: boolean): void {
    if (erased) this.#discardSaved();
    if (this.#isWorking) return;
    this.#isWorking = true;
    void this.#work().finally(() => (this.#isWorking = false));
  }

  #discardSaved(): void {
    [this.#erasures, this.#savedSize] = [this.#erasures + 1, 0];
    if (this.spec.folder === null) return;
    discardGraph(this.spec.folder).catch((error: unknown) => this.notify('graphNotDiscarded', reasonOf(error)));
  }

  async #work(): Promise<void> {
    if (!this.#hasRestored) await this.#restore();
    // Searches that have arrived are answered between two slices.
    while (this.index.addWaiting()) await new Promise((resolve) => setImmediate(resolve));
    await this.#save();
  }

  async #restore(): Promise<void> {
    const { index, spec } = this;
    const { graph, examples } = index;
    if (examples === null || spec.folder === null) return;
    this.#hasRestored = true;
    const reason = graph && (await restoreGraph(spec.folder, spec.contract, graph, examples));
    this.#savedSize = reason === null && graph !== null ? graph.size : 0;
    if (reason !== null) this.notify('savedGraphUnusable', reason);
    // A graph with an erased example is used, but its file is removed.
    if (reason !== null || graph?.holdsErased !== false) await discardGraph(spec.folder);
  }

  /** The index answers while the files are written, except while the native part is. */
  async #save(): Promise<void> {
    const { graph, examples } = this.index;
    const { folder, contract } = this.spec;
    if (folder === null || graph?.isComplete !== true || examples === null) return;
    const { size } = graph;
    if (size - this.#savedSize <= UNSAVED_SHARE * size) return;
    const erasures = this.#erasures;
    this.#savedSize = size;
    try {
      this.notify('graphWritten', await saveGraph(folder, contract, graph, examples), erasures);
    } catch (error) {
      // An erasure removes the folder that is being written.
      if (erasures === this.#erasures) this.notify('graphNotSaved', reasonOf(error));
    }
  }
}
