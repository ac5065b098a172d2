import type { Command } from 'commander';

/**
 * Every command, in the order of the help. Only the called command is loaded: the modules of the server take half a second
 * to load, which is most of the run time of a command that needs none of them.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.js')).serveCommand(),
  enrol: async () => (await import('./enrol.js')).enrolCommand(),
  import: async () => (await import('./import.js')).importCommand(),
  people: async () => (await import('./people.js')).peopleCommand(),
  export: async () => (await import('./export.js')).exportAllCommand(),
  restore: async () => (await import('./restore.js')).restoreCommand(),
  audit: async () => (await import('./audit.js')).auditCommand(),
  recognize: async () => (await import('./recognize.js')).recognizeCommand(),
  watch: async () => (await import('./watch.js')).watchCommand(),
  webhooks: async () => (await import('./webhooks.js')).webhooksCommand(),
  detect: async () => (await import('./detect.js')).detectCommand(),
  embed: async () => (await import('./embed.js')).embedCommand(),
  keys: async () => (await import('./keys.js')).keysCommand(),
  models: async () => (await import('./models.js')).modelsCommand(),
  reembed: async () => (await import('./reembed.js')).reembedCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
  encryption: async () => (await import('./encryption.js')).encryptionCommand(),
  migrate: async () => (await import('./migrate.js')).migrateCommand(),
  align: async () => (await import('./align.js')).alignCommand(),
  validate: async () => (await import('./validate.js')).validateCommand(),
  'compare-detectors': async () => (await import('./compare-detectors.js')).compareDetectorsCommand(),
  train: async () => (await import('./train.js')).trainCommand(),
  classify: async () => (await import('./classify.js')).classifyCommand(),
  calibrate: async () => (await import('./calibrate.js')).calibrateCommand(),
};
