import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { onFirstUse } from '../../shared/queue.js';
import type { Size } from './resize-area.js';

/** What is used of libheif-js, a WebAssembly build of libheif with the HEVC decoder libde265. */
interface LibHeif {
  readonly heif_colorspace: Readonly<Record<'heif_colorspace_RGB', unknown>>;
  readonly heif_chroma: Readonly<Record<'heif_chroma_interleaved_RGB' | 'heif_chroma_interleaved_RGBA', unknown>>;
  heif_context_alloc(): object;
  heif_context_read_from_memory(context: object, bytes: Uint8Array): { readonly code: { readonly value: number } };
  heif_js_context_get_primary_image_handle(context: object): Handle | HeifError;
  heif_image_handle_get_width(handle: Handle): number;
  heif_image_handle_get_height(handle: Handle): number;
  heif_image_handle_has_alpha_channel(handle: Handle): number;
  heif_js_decode_image2(handle: Handle, colorspace: unknown, chroma: unknown): DecodedPlanes | HeifError;
}
type Handle = object;
interface HeifError {
  readonly code: unknown;
}
interface DecodedPlanes {
  readonly channels: readonly {
    readonly width: number;
    readonly height: number;
    /** Bytes of a row. */
    readonly stride: number;
    readonly data: Uint8Array;
  }[];
}
type Factory = (options: {
  instantiateWasm(imports: WebAssembly.Imports, ready: (instance: WebAssembly.Instance) => void): unknown;
  printErr(text: string): void;
  print(text: string): void;
}) => LibHeif;

const load = onFirstUse(async () => {
  const require = createRequire(import.meta.url);
  const wasm = await readFile(require.resolve('libheif-js/libheif-wasm/libheif.wasm'));
  return {
    factory: require('libheif-js/libheif-wasm/libheif.js') as Factory,
    module: await WebAssembly.compile(wasm),
  };
});

export interface HeifHeader extends Size {
  readonly hasAlpha: boolean;
}

export interface HeifPixels extends Size {
  readonly channels: 3 | 4;
  /** Row-major, interleaved. */
  readonly data: Uint8Array;
}

/** Memory of the library before it decodes, beside the file: measured 17 MB. */
const BASE_BYTES = 32 * 2 ** 20;

/**
 * Reads the primary picture's size after its rotation and crop; nothing is decoded.
 * @throws Error for a file that libheif cannot read
 */
export async function heifHeader(bytes: Uint8Array): Promise<HeifHeader> {
  const { lib, handle } = await open(bytes, 0);
  return headerOf(lib, handle);
}

/**
 * Decodes the primary picture, upright and with 8 bits a channel.
 * Each call has a WebAssembly memory of its own, which is freed with it: such a memory never shrinks.
 * @param maxBytes memory for pixels; a picture that needs more, such as one that is larger than its header says, fails
 * @throws Error
 */
export async function decodeHeif(bytes: Uint8Array, maxBytes: number): Promise<HeifPixels> {
  const { lib, handle } = await open(bytes, maxBytes);
  const { width, height, hasAlpha } = headerOf(lib, handle);
  const { heif_chroma_interleaved_RGB: rgb, heif_chroma_interleaved_RGBA: rgba } = lib.heif_chroma;
  const decoded = lib.heif_js_decode_image2(handle, lib.heif_colorspace.heif_colorspace_RGB, hasAlpha ? rgba : rgb);
  if (!('channels' in decoded)) throw new Error('libheif cannot decode the picture');
  const [plane] = decoded.channels;
  if (plane.width !== width || plane.height !== height) throw new Error('the picture has another size than its header');
  const channels = hasAlpha ? 4 : 3;
  return { width, height, channels, data: withoutPadding(plane, channels * width, height) };
}

/** @param maxBytes as of {@link decodeHeif} */
async function open(bytes: Uint8Array, maxBytes: number): Promise<{ lib: LibHeif; handle: Handle }> {
  const { factory, module } = await load();
  const lib = factory({
    instantiateWasm: (imports, ready) => {
      const instance = new WebAssembly.Instance(module, imports);
      limitMemory(instance, BASE_BYTES + 3 * bytes.length + maxBytes);
      ready(instance);
      return instance.exports;
    },
    printErr: () => undefined,
    print: () => undefined,
  });
  const context = lib.heif_context_alloc();
  if (lib.heif_context_read_from_memory(context, bytes).code.value !== 0)
    throw new Error('libheif cannot read the file');
  const handle = lib.heif_js_context_get_primary_image_handle(context);
  if ('code' in handle) throw new Error('the file has no primary picture');
  return { lib, handle };
}

/** Emscripten grows the memory by this method, and fails an allocation when it throws. */
function limitMemory({ exports }: WebAssembly.Instance, maxBytes: number): void {
  const memory = Object.values(exports).find((item) => item instanceof WebAssembly.Memory)!;
  memory.grow = (pages: number) => {
    if (memory.buffer.byteLength + pages * 65_536 > maxBytes) throw new RangeError('the picture needs too much memory');
    return WebAssembly.Memory.prototype.grow.call(memory, pages);
  };
}

function headerOf(lib: LibHeif, handle: Handle): HeifHeader {
  return {
    width: lib.heif_image_handle_get_width(handle),
    height: lib.heif_image_handle_get_height(handle),
    hasAlpha: lib.heif_image_handle_has_alpha_channel(handle) !== 0,
  };
}

function withoutPadding(plane: DecodedPlanes['channels'][number], rowBytes: number, height: number): Uint8Array {
  if (plane.stride === rowBytes) return plane.data.subarray(0, rowBytes * height);
  const packed = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    packed.set(plane.data.subarray(y * plane.stride, y * plane.stride + rowBytes), y * rowBytes);
  }
  return packed;
}
