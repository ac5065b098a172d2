import { createRequire } from 'node:module';
import { withoutErrorHandlers } from './error-handlers.js';

/** 8-bit pixels of one channel. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  /** Row-major, 0..255, length width * height. */
  readonly data: Uint8Array;
}

export interface CascadeOptions {
  /** Scale of each window size relative to the previous one, above 1. */
  readonly scaleFactor: number;
  /** Minimum number of overlapping windows that agree on a box. */
  readonly minNeighbors: number;
  /** Minimum side of a box, pixels; boxes below the cascade's own window are never found. */
  readonly minSizePx: number;
}

export interface CascadeHit {
  /** Whole pixels of the image. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Number of overlapping windows that agreed on the box. */
  readonly neighbors: number;
}

/** A loaded cascade classifier. */
export interface Cascade {
  /** @throws Error when OpenCV throws, or accesses memory out of bounds because of the cascade */
  find(image: GreyImage, options: CascadeOptions): CascadeHit[];
  dispose(): void;
}

/** OpenCV as WebAssembly; the only interface to it. All calls block the calling thread. */
export interface OpenCv {
  /** @param xml bytes of a cascade file @throws Error when OpenCV cannot read it */
  loadCascade(xml: Uint8Array): Cascade;
  /** Size of the WebAssembly memory, which grows and never shrinks. */
  memoryBytes(): number;
}

/** The part of the package that is used; its own types describe another build of OpenCV. */
interface Module {
  onRuntimeInitialized?: () => void;
  readonly Mat?: new (rows: number, columns: number, type: number) => Deletable & { readonly data: Uint8Array };
  readonly Size: new (width: number, height: number) => object;
  readonly RectVector: new () => Vector<CascadeHit['box']>;
  readonly IntVector: new () => Vector<number>;
  readonly CascadeClassifier: new () => Classifier;
  readonly CV_8UC1: number;
  readonly HEAPU8: Uint8Array;
  exceptionFromPtr(pointer: number): { readonly msg: string };
  FS_createDataFile(folder: string, name: string, data: Uint8Array, read: boolean, write: boolean, own: boolean): void;
  FS_unlink(path: string): void;
}
interface Deletable {
  delete(): void;
}
interface Vector<T> extends Deletable {
  size(): number;
  get(index: number): T;
}
interface Classifier extends Deletable {
  load(file: string): boolean;
  detectMultiScale2(
    image: Deletable,
    boxes: Deletable,
    neighbors: Deletable,
    scaleFactor: number,
    minNeighbors: number,
    flags: number,
    minSize: object,
  ): void;
}

const CASCADE_FILE = 'cascade.xml';

/** Not `import()`, which would await the module; see below. */
const require = createRequire(import.meta.url);
/**
 * Wrapped in an object: the module has a method `then` that resolves with the module itself, so awaiting it never ends.
 */
let loading: Promise<{ readonly cv: Module }> | undefined;

/** Loads OpenCV once per thread; takes about half a second and 128 MB of address space. */
export async function loadOpenCv(): Promise<OpenCv> {
  loading ??= loadModule();
  const { cv } = await loading;
  return {
    loadCascade: (xml) => new OpenCvCascade(cv, readClassifier(cv, xml)),
    memoryBytes: () => cv.HEAPU8.byteLength,
  };
}

async function loadModule(): Promise<{ readonly cv: Module }> {
  const { cv } = await withoutErrorHandlers(() => ({ cv: require('@techstark/opencv-js') as Module }));
  if (!cv.Mat) await new Promise<void>((resolve) => (cv.onRuntimeInitialized = resolve));
  return { cv };
}

function readClassifier(cv: Module, xml: Uint8Array): Classifier {
  cv.FS_createDataFile('/', CASCADE_FILE, xml, true, false, false);
  const classifier = new cv.CascadeClassifier();
  try {
    if (!withMessages(cv, () => classifier.load(CASCADE_FILE))) throw new Error('it is not a cascade');
    return classifier;
  } catch (error) {
    classifier.delete();
    throw error;
  } finally {
    cv.FS_unlink(`/${CASCADE_FILE}`);
  }
}

class OpenCvCascade implements Cascade {
  constructor(
    private readonly cv: Module,
    private readonly classifier: Classifier,
  ) {}

  find(image: GreyImage, { scaleFactor, minNeighbors, minSizePx }: CascadeOptions): CascadeHit[] {
    const { cv } = this;
    const boxes = new cv.RectVector();
    const neighbors = new cv.IntVector();
    const pixels = new cv.Mat!(image.height, image.width, cv.CV_8UC1);
    try {
      pixels.data.set(image.data);
      const minSize = new cv.Size(minSizePx, minSizePx);
      withMessages(cv, () => {
        this.classifier.detectMultiScale2(pixels, boxes, neighbors, scaleFactor, minNeighbors, 0, minSize);
      });
      return Array.from({ length: boxes.size() }, (_, i) => ({ box: boxes.get(i), neighbors: neighbors.get(i) }));
    } finally {
      for (const object of [pixels, boxes, neighbors]) object.delete();
    }
  }

  dispose(): void {
    this.classifier.delete();
  }
}

/** OpenCV throws the address of its exception; converts it to an Error with its message. */
function withMessages<T>(cv: Module, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (typeof error !== 'number') throw error;
    throw new Error(cv.exceptionFromPtr(error).msg.trim());
  }
}
