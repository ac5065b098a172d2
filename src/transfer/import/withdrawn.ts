/** People who are erased while an import of their photos waits or runs. */
export class Withdrawn {
  private readonly names = new Set<string>();
  private readonly writing = new Map<string, Promise<void>>();

  has(name: string): boolean {
    return this.names.has(name);
  }

  /** Runs a write of a person's examples, unless the person is withdrawn. */
  async write(name: string, work: () => Promise<void>): Promise<void> {
    if (this.has(name)) return;
    const before = this.writing.get(name);
    const own = work();
    const all = Promise.allSettled([before, own]).then(() => {
      if (this.writing.get(name) === all) this.writing.delete(name);
    });
    this.writing.set(name, all);
    await own;
  }

  /** Resolves when no write of the person is under way; no other one begins. */
  async add(name: string): Promise<void> {
    this.names.add(name);
    await this.writing.get(name);
  }
}
