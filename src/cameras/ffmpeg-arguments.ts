import type { CameraSource } from './source.js';

export const ROTATIONS = [0, 90, 180, 270] as const;

export interface PictureOptions {
  /** Pictures a second at most; more are left out by ffmpeg. */
  readonly fps: number;
  /** Longer side of a picture, pixels; larger ones are shrunk. */
  readonly maxSidePx: number;
  /** Degrees by which each picture is turned clockwise. */
  readonly rotate: (typeof ROTATIONS)[number];
  /** How the pictures of an RTSP camera travel; `auto` asks for TCP and takes UDP where the camera has no TCP. */
  readonly transport: 'auto' | 'tcp' | 'udp';
  /** Of a file: as fast as a camera would send them, or as fast as they are taken. */
  readonly pace: 'camera' | 'taken';
  /** Of a file: begin again at its end. */
  readonly loop: boolean;
  /** Of an address that answers with one picture: it is requested `fps` times a second. */
  readonly pollsStill?: boolean;
}

/** Microseconds that ffmpeg may take to learn what a stream consists of; its default is five seconds. */
const ANALYSE_US = '2000000';
/** A camera's clock trembles; a picture that comes this much early is not left out. */
const JITTER = 0.9;

const TURNS: Readonly<Record<PictureOptions['rotate'], readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

/**
 * Pictures as PPM on standard output: raw pixels, and each says its own size. No shell ever sees these arguments.
 * Options: https://ffmpeg.org/ffmpeg.html, https://ffmpeg.org/ffmpeg-protocols.html#rtsp
 */
export function ffmpegArguments(source: CameraSource, options: PictureOptions): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
    ...inputOptions(source, options),
    ...['-protocol_whitelist', source.protocols, '-i', source.input],
    ...['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', filters(source, options), '-fps_mode', 'passthrough'],
    ...['-pix_fmt', 'rgb24', '-f', 'image2pipe', '-c:v', 'ppm', 'pipe:1'],
  ];
}

function inputOptions(source: CameraSource, { fps, transport, pace, loop, pollsStill }: PictureOptions): string[] {
  const { kind, input } = source;
  // Every further thread of the decoder keeps one more picture back.
  const live = ['-threads', '1', '-fflags', 'nobuffer', '-flags', 'low_delay', '-analyzeduration', ANALYSE_US];
  if (kind === 'device') return [...live, '-f', 'v4l2', '-framerate', String(fps)];
  if (kind === 'file') return [...(pace === 'camera' ? ['-re'] : []), ...(loop ? ['-stream_loop', '-1'] : [])];
  if (pollsStill) return pollingOptions(fps);
  if (!isRtsp(input)) return live;
  return [...live, ...(transport === 'auto' ? ['-rtsp_flags', 'prefer_tcp'] : ['-rtsp_transport', transport])];
}

/** Without the limits of the analysis, ffmpeg requests some twenty pictures at once and shows them late. */
function pollingOptions(fps: number): string[] {
  const analysis = ['-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0', '-fflags', 'nobuffer'];
  return ['-re', ...analysis, '-f', 'image2', '-pattern_type', 'none', '-loop', '1', '-framerate', String(fps)];
}

/** A file that is taken picture by picture gets a steady rate, so that the number of a picture says its time. */
function filters(source: CameraSource, { fps, maxSidePx, pace, rotate, pollsStill }: PictureOptions): string {
  const side = (own: string, other: string) => `if(gte(${own},${other}),min(${maxSidePx},${own}),-2)`;
  const scale = `scale='${side('iw', 'ih')}':'${side('ih', 'iw').replace('gte', 'gt')}':flags=fast_bilinear`;
  const isSteady = source.kind === 'file' && pace === 'taken';
  const thin = pollsStill ? [] : [isSteady ? `fps=${fps}` : thinning(source, fps)];
  return [...thin, scale, ...TURNS[rotate]].join(',');
}

/**
 * Leaves out pictures above the rate, by their times. A time that jumps back or is missing loses no picture. Streams other
 * than RTSP may have no times; ffmpeg assumes 25 pictures a second of them, so a picture counts also if it arrives long
 * enough after the last one.
 */
function thinning({ kind, input }: CameraSource, fps: number): string {
  const gap = (JITTER / fps).toFixed(4);
  const isDue = `isnan(prev_selected_t)+isnan(t)+gte(t-prev_selected_t,${gap})+lt(t,prev_selected_t)`;
  const hasTimes = kind !== 'stream' || isRtsp(input);
  return `select='${hasTimes ? isDue : `if(${isDue}+gte(time(0)-ld(0),${gap}),st(0,time(0)),0)`}'`;
}

function isRtsp(input: string): boolean {
  return /^rtsps?:/i.test(input);
}
