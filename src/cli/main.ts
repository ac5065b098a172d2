import { Command } from 'commander';
import { runAs } from '../audit/actor.js';
import { RostroError } from '../errors.js';
import { version } from '../main.js';
import { alignCommand } from './align.js';
import { auditCommand } from './audit.js';
import { calibrateCommand } from './calibrate.js';
import { classifyCommand } from './classify.js';
import { compareDetectorsCommand } from './compare-detectors.js';
import { detectCommand } from './detect.js';
import { doctorCommand } from './doctor.js';
import { embedCommand } from './embed.js';
import { encryptionCommand } from './encryption.js';
import { enrolCommand } from './enrol.js';
import { exportAllCommand } from './export.js';
import { importCommand } from './import.js';
import { keysCommand } from './keys.js';
import { migrateCommand } from './migrate.js';
import { modelsCommand } from './models.js';
import { peopleCommand } from './people.js';
import { recognizeCommand } from './recognize.js';
import { reembedCommand } from './reembed.js';
import { restoreCommand } from './restore.js';
import { serveCommand } from './serve.js';
import { trainCommand } from './train.js';
import { commandActor } from './user.js';
import { validateCommand } from './validate.js';
import { watchCommand } from './watch.js';
import { webhooksCommand } from './webhooks.js';

// NVIDIA's libraries would round the inputs of float32 convolutions to 10 bits, which moves embeddings by a thousandth.
process.env.NVIDIA_TF32_OVERRIDE ??= '0';
// Since 1.29 onnxruntime tells its maker which networks it runs and how long they take, unless this is set before it starts.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const program = new Command('rostro')
  .description('A self-hosted face recognition server. Without a command it is started in this folder, as by "serve".')
  .version(version)
  .addCommand(serveCommand())
  .addCommand(enrolCommand())
  .addCommand(importCommand())
  .addCommand(peopleCommand())
  .addCommand(exportAllCommand())
  .addCommand(restoreCommand())
  .addCommand(auditCommand())
  .addCommand(recognizeCommand())
  .addCommand(watchCommand())
  .addCommand(webhooksCommand())
  .addCommand(detectCommand())
  .addCommand(embedCommand())
  .addCommand(keysCommand())
  .addCommand(modelsCommand())
  .addCommand(reembedCommand())
  .addCommand(doctorCommand())
  .addCommand(encryptionCommand())
  .addCommand(migrateCommand())
  .addCommand(alignCommand())
  .addCommand(validateCommand())
  .addCommand(compareDetectorsCommand())
  .addCommand(trainCommand())
  .addCommand(classifyCommand())
  .addCommand(calibrateCommand());

program.commands.forEach(showOptionsOfParents);

try {
  await runAs(commandActor(), () => program.parseAsync(withDefaultCommand(process.argv.slice(2)), { from: 'user' }));
} catch (error) {
  if (!(error instanceof RostroError)) throw error;
  console.error(`rostro: ${error.message} (${error.code})`);
  process.exitCode = 1;
}

/** Options alone are those of the server, but for the two that the program has itself. */
function withDefaultCommand(args: readonly string[]): readonly string[] {
  const first = args.at(0);
  const isServe =
    first === undefined || (first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first));
  return isServe ? ['serve', ...args] : args;
}

/** `rostro keys create --data DIR`: what a group of commands takes, each of them takes. */
function showOptionsOfParents(group: Command): void {
  for (const command of group.commands) command.configureHelp({ showGlobalOptions: true });
}
