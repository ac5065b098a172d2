/* eslint-disable @typescript-eslint/unbound-method -- methods of prototypes are replaced by wrappers that call them */
/** A frame of the camera whose answer was drawn. Times are milliseconds of `performance.now()` in the page. */
export interface ShownFrame {
  /** When the video element presented it. */
  readonly presentedAt: number;
  /** When its names had been drawn. */
  readonly drawnAt: number;
  /** From left to right; null for a face without a name. */
  readonly names: readonly (string | null)[];
}

/**
 * Runs in the page before its own scripts, and follows each frame without the page's help: which presented frame was copied
 * from the video, which message carried it, when its answer came, and when labels were drawn after that.
 */
export function watchFrames(): void {
  const shown: ShownFrame[] = [];
  const presented: number[] = [];
  Object.assign(window, { watched: { shown, presented } });
  let current = 0;
  const copied: number[] = [];
  const sent: number[] = [];
  let answered: { presentedAt: number; names: (string | null)[] }[] = [];

  const video = HTMLVideoElement.prototype;
  const request = video.requestVideoFrameCallback;
  const note = ({ presentationTime }: { presentationTime: number }): void => {
    if (presentationTime !== current) presented.push(presentationTime);
    current = presentationTime;
  };
  video.requestVideoFrameCallback = function (callback) {
    return request.call(this, (now, metadata) => {
      note(metadata);
      callback(now, metadata);
    });
  };
  document.addEventListener(
    'playing',
    ({ target }) => {
      const next = () => (target as HTMLVideoElement).requestVideoFrameCallback(next);
      next();
    },
    true,
  );

  const copy = (source: unknown): void => {
    if (source instanceof HTMLVideoElement) copied.push(current);
  };
  for (const { prototype } of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
    const draw = prototype.drawImage;
    prototype.drawImage = function (...given: unknown[]) {
      copy(given[0]);
      return (draw as (...all: unknown[]) => void).apply(this, given);
    };
  }
  const bitmap = window.createImageBitmap.bind(window) as (...all: unknown[]) => Promise<ImageBitmap>;
  window.createImageBitmap = (...given: unknown[]) => {
    copy(given[0]);
    return bitmap(...given);
  };
  window.VideoFrame = class extends VideoFrame {
    constructor(...given: unknown[]) {
      copy(given[0]);
      super(...(given as ConstructorParameters<typeof VideoFrame>));
    }
  };

  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data !== 'string') {
      // Frames are sent in the order in which they were copied.
      sent.push(copied.shift()!);
      if (sent.length === 1)
        this.addEventListener('message', (event: MessageEvent<string>) => {
          const message = JSON.parse(event.data) as {
            type: string;
            frame: number;
            faces: { name: string | null; box: { x: number } }[];
          };
          if (message.type !== 'faces') return;
          const names = message.faces.toSorted((a, b) => a.box.x - b.box.x).map(({ name }) => name);
          answered.push({ presentedAt: sent[message.frame - 1], names });
        });
    }
    return send.call(this, data);
  };

  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (...given) {
    write.apply(this, given);
    if (answered.length === 0) return;
    const drawn = answered;
    answered = [];
    // After the labels of all faces.
    queueMicrotask(() => {
      const drawnAt = performance.now();
      for (const frame of drawn) shown.push({ ...frame, drawnAt });
    });
  };
}
