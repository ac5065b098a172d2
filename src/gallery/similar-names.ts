/** Letters that Unicode does not decompose, although people write them without their stroke or as two letters. */
const PLAIN: Readonly<Record<string, string>> = { ø: 'o', ł: 'l', đ: 'd', ð: 'd', ı: 'i', æ: 'ae', œ: 'oe', þ: 'th' };
const WITH_PLAIN = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');
/** Accents of all scripts but the voicing marks of Japanese, which make another syllable; invisible joiners. */
const ACCENT = /(?![\u3099\u309a])[\p{Script=Inherited}\p{Default_Ignorable_Code_Point}]/gu;
const ASCII = /^[ -~]*$/;

/** Equal for names that differ only in case, accents, spaces, width, apostrophes or invisible joiners. */
export function foldName(name: string): string {
  const text = ASCII.test(name) ? name.toLowerCase() : withoutAccents(name);
  return text.replace(/[\s`]/g, (mark) => (mark === '`' ? "'" : ''));
}

function withoutAccents(name: string): string {
  const decomposed = name.normalize('NFKD').replace(ACCENT, '');
  const plain = decomposed
    .toUpperCase()
    .toLowerCase()
    .replace(WITH_PLAIN, (letter) => PLAIN[letter]);
  return plain
    .normalize('NFKD')
    .replace(ACCENT, '')
    .replace(/[‘’ʼ´]/g, "'");
}

/** Finds names that are easily taken for another. Built at the first search, so that commands without one do not pay. */
export class SimilarNames {
  private byFold: Map<string, readonly string[]> | null = null;

  add(name: string): void {
    if (this.byFold === null) return;
    const fold = foldName(name);
    this.byFold.set(fold, [...(this.byFold.get(fold) ?? []).filter((other) => other !== name), name]);
  }

  remove(name: string): void {
    if (this.byFold === null) return;
    const fold = foldName(name);
    const left = (this.byFold.get(fold) ?? []).filter((other) => other !== name);
    if (left.length > 0) this.byFold.set(fold, left);
    else this.byFold.delete(fold);
  }

  /** Forgets all names; the next search builds the index again. */
  clear(): void {
    this.byFold = null;
  }

  /**
   * @param all every name, for the first search
   * @returns other names with the same {@link foldName}, sorted
   */
  of(name: string, all: Iterable<string>): readonly string[] {
    if (this.byFold === null) {
      this.byFold = new Map();
      for (const one of all) this.add(one);
    }
    return (this.byFold.get(foldName(name)) ?? []).filter((other) => other !== name).sort();
  }
}
