import type { GalleryReport } from './files/open-npy-gallery.js';

/** More of a kind than this are counted, not listed. */
const SHOWN = 10;

/** What opening the gallery mended, moved or found strange, a sentence each. */
export function galleryNotices(report: GalleryReport): string[] {
  const { adopted, interruptedChange, withoutTheirId, setAside, missingCrops, strangers } = report;
  const moved = setAside.map(({ files, why, to }) => {
    const what = files.length === 1 ? `${files[0]} was` : `${files.length} files were`;
    return `${why} ${what} ${to === null ? 'left where it lies, out of the gallery' : `moved to ${to}/`}`;
  });
  const repair = setAside.some(({ files }) => files.length > 1 || !files[0].startsWith('uploads/'));
  return [
    ...shown(adopted, (file) => `${file} was taken over as it is, as made by the FaceNet that runs`),
    ...shown(withoutTheirId, (name) => `somebody else has the id of ${name} already; ${name} goes without one`),
    ...(interruptedChange === 'nothing'
      ? []
      : [`the last stop interrupted a change to the gallery; it was ${interruptedChange}`]),
    ...shown(moved, (sentence) => sentence),
    ...(repair ? ['"rostro doctor --repair" brings people who were set aside back from their photos'] : []),
    ...shown(missingCrops, (file) => `${file} is gone; the person is recognised as before`),
    ...shown(strangers, (file) => `${file} belongs to nobody in the gallery; it was left as it is`),
  ];
}

function shown<T>(items: readonly T[], sentence: (item: T) => string): string[] {
  const rest = items.length - SHOWN;
  return [...items.slice(0, SHOWN).map(sentence), ...(rest > 0 ? [`(and ${rest} more of this kind)`] : [])];
}
