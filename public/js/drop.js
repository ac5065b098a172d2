import { droppedFiles } from './dropped-files.js';

/** @import { DroppedFile } from './dropped-files.js' */

/**
 * Accepts files dropped anywhere in `target`; `zone` has the class `dragging` meanwhile.
 * @param {HTMLElement} target
 * @param {HTMLElement} zone
 * @param {(files: File[], dropped: DroppedFile[]) => void} onFiles
 */
export function acceptDrops(target, zone, onFiles) {
  let depth = 0;
  /** @param {number} newDepth how many nested elements the drag has entered and not left */
  const hover = (newDepth) => {
    depth = Math.max(0, newDepth);
    zone.classList.toggle('dragging', depth > 0);
  };
  target.addEventListener('dragenter', (event) => carriesFiles(event) && hover(depth + 1));
  target.addEventListener('dragleave', (event) => carriesFiles(event) && hover(depth - 1));
  target.addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  target.addEventListener('drop', (event) => {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    hover(0);
    void droppedFiles(event.dataTransfer).then((dropped) =>
      onFiles(
        dropped.map(({ file }) => file),
        dropped,
      ),
    );
  });
}

/** Without this, a file dropped outside all zones replaces the page. */
export function ignoreMissedDrops() {
  for (const type of /** @type {const} */ (['dragover', 'drop'])) {
    document.addEventListener(type, (event) => carriesFiles(event) && event.preventDefault());
  }
}

/** @param {DragEvent} event */
function carriesFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
