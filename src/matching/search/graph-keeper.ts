import type { SearchIndex } from './search-index.js';
import { reasonOf } from '../../shared/errors.js';
import { discardGraph, restoreGraph, saveGraph } from './saved-graph.js';
import type { SearchReply, SearchThreadSpec } from './search-messages.js';

/** The graph is saved again when this part of it is not in the file: adding as many after a start takes seconds. */
const UNSAVED_SHARE = 0.05;

/** Takes up the saved graph, lets the index add to it whenever nobody searches, and saves it. */
export class GraphKeeper {
  #begun = false;
  #busy = false;
  /** Changes of the index that something was erased by. */
  #erasures = 0;
  #savedSize = 0;

  constructor(
    private readonly index: SearchIndex,
    private readonly spec: Pick<SearchThreadSpec, 'folder' | 'contract'>,
    private readonly tell: (reply: SearchReply) => void,
  ) {}

  /** To be called after each change of the index. @param erased whether examples are gone: then what is saved goes, too */
  changed(erased: boolean): void {
    if (erased) this.#erased();
    if (this.#busy) return;
    this.#busy = true;
    void this.#work().finally(() => (this.#busy = false));
  }

  #erased(): void {
    [this.#erasures, this.#savedSize] = [this.#erasures + 1, 0];
    if (this.spec.folder === null) return;
    const failed = (error: unknown) => this.tell({ kind: 'undiscarded', reason: reasonOf(error) });
    discardGraph(this.spec.folder).catch(failed);
  }

  async #work(): Promise<void> {
    if (!this.#begun) await this.#begin();
    // Searches that came meanwhile are answered between two slices.
    while (this.index.work()) await new Promise((resolve) => setImmediate(resolve));
    await this.#save();
  }

  async #begin(): Promise<void> {
    const { index, spec, tell } = this;
    const { graph, examples } = index;
    if (examples === null || spec.folder === null) return;
    this.#begun = true;
    const reason = graph && (await restoreGraph(spec.folder, spec.contract, graph, examples));
    this.#savedSize = reason === null && graph !== null ? graph.size : 0;
    if (reason !== null) tell({ kind: 'unusable', reason });
    // One that leads to somebody who is gone is used, but not kept.
    if (reason !== null || graph?.leadsAstray !== false) await discardGraph(spec.folder);
  }

  /** The index goes on while the file is written, but for the native part of it. */
  async #save(): Promise<void> {
    const { graph, examples } = this.index;
    const { folder, contract } = this.spec;
    if (folder === null || graph?.isWhole !== true || examples === null) return;
    const { size } = graph;
    if (size - this.#savedSize <= UNSAVED_SHARE * size) return;
    const erasures = this.#erasures;
    this.#savedSize = size;
    try {
      this.tell({ kind: 'saved', erasures, folder: await saveGraph(folder, contract, graph, examples) });
    } catch (error) {
      // An erasure takes the folder away that is being written.
      if (erasures === this.#erasures) this.tell({ kind: 'unsaved', reason: reasonOf(error) });
    }
  }
}
