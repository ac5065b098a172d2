import type { KeepsNames } from '../events/keeps-names.js';
import type { Gallery } from '../gallery/gallery.js';

/** How often it is looked whether the gallery is another one. */
const TICK_MS = 2000;

/**
 * Tells who keeps names of every change of the gallery: another server may have erased somebody from a shared one, and a
 * rename or a restore takes names away, too.
 * @returns stops it
 */
export function followNames(
  gallery: Pick<Gallery, 'version'>,
  names: KeepsNames,
  isEnrolled: (name: string) => boolean,
): () => void {
  let { version } = gallery;
  const ticker = setInterval(() => {
    if (version === gallery.version) return;
    version = gallery.version;
    void names.keepNames(isEnrolled);
  }, TICK_MS).unref();
  return () => clearInterval(ticker);
}
