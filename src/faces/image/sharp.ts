import { createRequire } from 'node:module';
import type { default as SharpFactory, Sharp, SharpInput, SharpOptions } from 'sharp';

export type { KernelEnum, Metadata, Sharp } from 'sharp';

const require = createRequire(import.meta.url);
let loaded: typeof SharpFactory | null = null;

/** Loads libvips with the first picture: the process of the server itself rarely has one to work on. */
export function loadSharp(): typeof SharpFactory {
  if (loaded === null) {
    loaded = require('sharp') as typeof SharpFactory;
    // libvips would cache up to 50 MB of results; the same image rarely comes twice.
    loaded.cache(false);
  }
  return loaded;
}

/** As the function `sharp` of the package. */
export function sharp(input: SharpInput, options?: SharpOptions): Sharp {
  return loadSharp()(input, options);
}
