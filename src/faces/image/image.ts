/** Upright 8-bit colour pixels. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** Row-major, interleaved R G B (HWC), 0..255, length 3 * width * height. */
  readonly data: Uint8Array;
}
