import type { CameraSource } from './source.js';

export interface PictureOptions {
  /** Pictures a second at most; more are left out by ffmpeg. */
  readonly fps: number;
  /** Longer side of a picture, pixels; larger ones are shrunk. */
  readonly maxSidePx: number;
  /** How the pictures of an RTSP camera travel; `auto` asks for TCP and takes UDP where the camera has no TCP. */
  readonly transport: 'auto' | 'tcp' | 'udp';
  /** Of a file: as fast as a camera would send them, or as fast as they are taken. */
  readonly pace: 'camera' | 'taken';
  /** Of a file: begin again at its end. */
  readonly loop: boolean;
}

/** Microseconds that ffmpeg may take to learn what a stream consists of; its default is five seconds. */
const ANALYSE_US = '2000000';
/** A camera's clock trembles; a picture that comes this much early is not left out. */
const TREMBLE = 0.9;

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

function inputOptions({ kind, input }: CameraSource, { fps, transport, pace, loop }: PictureOptions): string[] {
  // Every further thread of the decoder keeps one more picture back.
  const live = ['-threads', '1', '-fflags', 'nobuffer', '-flags', 'low_delay', '-analyzeduration', ANALYSE_US];
  if (kind === 'device') return [...live, '-f', 'v4l2', '-framerate', String(fps)];
  if (kind === 'file') return [...(pace === 'camera' ? ['-re'] : []), ...(loop ? ['-stream_loop', '-1'] : [])];
  if (!/^rtsps?:/i.test(input)) return live;
  return [...live, ...(transport === 'auto' ? ['-rtsp_flags', 'prefer_tcp'] : ['-rtsp_transport', transport])];
}

/** A file that is taken picture by picture gets a steady rate, so that the number of a picture says its time. */
function filters({ kind }: CameraSource, { fps, maxSidePx, pace }: PictureOptions): string {
  const thin =
    kind === 'file' && pace === 'taken'
      ? `fps=${fps}`
      : `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${(TREMBLE / fps).toFixed(4)})'`;
  const side = (own: string, other: string) => `if(gte(${own},${other}),min(${maxSidePx},${own}),-2)`;
  return `${thin},scale='${side('iw', 'ih')}':'${side('ih', 'iw').replace('gte', 'gt')}':flags=fast_bilinear`;
}
