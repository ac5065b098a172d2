import type { Page } from 'playwright-core';

export interface NamedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export function jpeg(name: string, buffer: Buffer): NamedFile {
  return { name, mimeType: 'image/jpeg', buffer };
}

export function text(name: string): NamedFile {
  return { name, mimeType: 'text/plain', buffer: Buffer.from('not a picture') };
}

/** The part of the browser's class that is used; tests are compiled without the DOM types. */
declare class DataTransfer {
  readonly items: { add(file: File): void };
}

/** Drops files on an element as if dragged from a folder. */
export async function dropFiles(page: Page, selector: string, files: readonly NamedFile[]): Promise<void> {
  const plain = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString('base64') }));
  const transfer = await page.evaluateHandle((dropped) => {
    const dataTransfer = new DataTransfer();
    for (const { name, mimeType, base64 } of dropped) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name, { type: mimeType }));
    }
    return dataTransfer;
  }, plain);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent(selector, type, { dataTransfer: transfer });
  }
}
