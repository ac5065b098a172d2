/** Side of P-Net's window, pixels; the smallest face it sees. `PNet` in facenet's detect_face.py. */
export const PNET_WINDOW_PX = 12;

/** The picture at one size: a face of 12 / scale pixels fills P-Net's window there. */
export interface PyramidLevel {
  readonly scale: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The sizes at which to look, largest first: the smallest face fills P-Net's window at the first, and each next scale is
 * `factor` times the one before, while the picture is at least a window wide and high. Sides are rounded up.
 * @param minFacePx at least 12, so that no level is larger than the picture
 * @param factor between 0 and 1
 */
export function pyramidLevels(width: number, height: number, minFacePx: number, factor: number): PyramidLevel[] {
  const first = PNET_WINDOW_PX / minFacePx;
  const levels: PyramidLevel[] = [];
  let shorterSide = Math.min(width, height) * first;
  while (shorterSide >= PNET_WINDOW_PX) {
    const scale = first * factor ** levels.length;
    levels.push({ scale, width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
    shorterSide *= factor;
  }
  return levels;
}
