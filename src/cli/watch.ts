import { Command, InvalidArgumentError, Option } from 'commander';
import { parseSource } from '../cameras/source.js';
import { composeCore, type Core } from '../app/core.js';
import { RostroError } from '../shared/errors.js';
import { Camera } from '../cameras/camera.js';
import { cameraSettings } from '../cameras/camera-settings.js';
import { loggerOf } from './log.js';
import { configOf, withSettings } from './settings.js';
import { print } from './io.js';

interface WatchOptions {
  readonly fps: number;
  readonly grace: number;
  readonly minFacePx: number;
  readonly rotate: string;
  readonly transport: 'auto' | 'tcp' | 'udp';
  readonly name: string;
  readonly group?: string;
}

/** `rostro watch SOURCE`: reports who appears and leaves in front of a camera, one JSON object a line. */
export function watchCommand(): Command {
  const command = new Command('watch')
    .description('Tell who comes and goes before a camera or in a video, one JSON object a line.')
    .argument('<source>', 'rtsp://…, http://…, a video file, or /dev/video0')
    .option('--fps <n>', 'pictures a second that are looked at', numberFrom(0.1, 60), 10)
    .option('--grace <seconds>', 'who is out of sight for longer has left', numberFrom(1, 3600), 5)
    .option('--min-face-px <px>', 'smaller faces make no events', numberFrom(0, 2000), 40)
    .addOption(
      new Option('--rotate <degrees>', 'turn the pictures clockwise').choices(['0', '90', '180', '270']).default('0'),
    )
    .addOption(new Option('--transport <name>', 'of RTSP').choices(['auto', 'tcp', 'udp']).default('auto'))
    .option('--group <name>', 'only people of this group are named')
    .option('--name <id>', 'what the events call the camera', 'camera');
  return withSettings(command).action(async (source: string, options: WatchOptions) => {
    parseSource(source);
    const config = configOf(command);
    const core = await composeCore(config, { access: 'read', log: loggerOf(config) });
    try {
      await Promise.all([core.matching.ready(), core.threshold.ready()]);
      await watch(cameraOf(core, command, { ...options, source }));
    } finally {
      await core.close();
    }
  });
}

function cameraOf(core: Core, command: Command, { source, ...options }: WatchOptions & { source: string }): Camera {
  const config = configOf(command);
  const { name: id, grace: graceSeconds, fps, minFacePx, rotate, transport, group } = options;
  const settings = cameraSettings.safeParse({
    id,
    source,
    fps,
    graceSeconds,
    minFacePx,
    transport,
    group,
    rotate: Number(rotate),
    crops: false,
  });
  if (!settings.success) throw new RostroError('bad_config', `--name: ${settings.error.issues[0].message}.`);
  return new Camera({
    ffmpeg: config.live.ffmpeg,
    deadlineMs: config.limits.deadlineMs,
    live: core.live,
    log: loggerOf(config),
    settings: settings.data,
    publish: (event) => print(JSON.stringify(core.events.publish(event))),
    asVideo: parseSource(source).kind === 'file',
    retriesFirstConnection: false,
  });
}

/** Runs until the video ends or a signal arrives. */
async function watch(camera: Camera): Promise<void> {
  const stop = () => void camera.close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  await camera.start();
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (camera.state === 'failed') throw new RostroError('camera_failed', camera.error!.message);
}

function numberFrom(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`give a number from ${least} to ${most}.`);
  };
}
