import { agreeing } from '../faces/image/agreement.js';
import type { Detection } from '../faces/pipeline/pipeline.js';

/** What one detector found in the photos that every detector could look at, in their order. */
export interface DetectorRun {
  readonly detector: string;
  readonly detections: readonly Detection[];
}

export interface DetectorSummary {
  readonly detector: string;
  readonly photos: number;
  readonly faces: number;
  readonly photosWithoutFace: number;
  /** Time for detection alone, without decoding. */
  readonly msPerMegapixel: number;
  /** Of the faces that this detector found, how many each other one found too. */
  readonly alsoFoundBy: Readonly<Record<string, number>>;
}

/** Compares detectors over the same photos. */
export function compareDetectors(runs: readonly DetectorRun[]): DetectorSummary[] {
  return runs.map((run) => {
    const { detector, detections } = run;
    const megapixels = total(detections, ({ image }) => (image.width * image.height) / 1e6);
    const others = runs.filter((other) => other !== run);
    return {
      detector,
      photos: detections.length,
      faces: total(detections, ({ faces }) => faces.length),
      photosWithoutFace: total(detections, ({ faces }) => (faces.length === 0 ? 1 : 0)),
      msPerMegapixel: total(detections, ({ timingsMs }) => timingsMs.detect) / megapixels,
      alsoFoundBy: Object.fromEntries(others.map((other) => [other.detector, agreement(run, other)])),
    };
  });
}

function agreement(a: DetectorRun, b: DetectorRun): number {
  const boxes = ({ faces }: Detection) => faces.map(({ box }) => box);
  return a.detections.reduce((sum, found, i) => sum + agreeing(boxes(found), boxes(b.detections[i])), 0);
}

function total(detections: readonly Detection[], of: (detection: Detection) => number): number {
  return detections.reduce((sum, detection) => sum + of(detection), 0);
}
