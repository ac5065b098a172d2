import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** Two people cropped from the sample photos of @vladmandic/face-api. */
export function twoPortraits(): Promise<Buffer[]> {
  const cuts = [
    [3, { left: 1020, top: 80, width: 400, height: 460 }],
    [6, { left: 200, top: 320, width: 420, height: 500 }],
  ] as const;
  return Promise.all(
    cuts.map(([number, region]) => {
      const file = new URL(`../../node_modules/@vladmandic/face-api/demo/sample${number}.jpg`, import.meta.url);
      return sharp(fileURLToPath(file)).extract(region).resize({ width: 200 }).jpeg().toBuffer();
    }),
  );
}
