import { Option, type Command } from 'commander';
import { readConfig, type Config } from '../app/config.js';
import { describeDefault, describeSetting, SETTING_NAMES, settingOf, type SettingName } from '../app/settings.js';
import { commandIo } from './io.js';

const WITH_FLAG = SETTING_NAMES.filter((name) => settingOf(name).flag !== undefined);

/** Adds the flags of the settings that every command uses. */
export function withSettings(command: Command): Command {
  return withFlags(command, ...WITH_FLAG.filter((name) => !settingOf(name).serveOnly));
}

/** Adds the flags that only `rostro serve` has. */
export function withServerSettings(command: Command): Command {
  return withFlags(command, ...WITH_FLAG.filter((name) => settingOf(name).serveOnly));
}

/** Adds the flags of these settings only. */
export function withFlags(command: Command, ...names: readonly SettingName[]): Command {
  for (const name of names) {
    const byDefault = describeDefault(name);
    const shown = byDefault === null ? '' : ` (default: ${byDefault})`;
    command.option(settingOf(name).flag!, `${describeSetting(name)}${shown} [${name}]`);
  }
  return command;
}

/**
 * The frozen configuration of this run: flags override the environment.
 * @param defaults of this command, for settings that neither flags nor the environment set
 * @param fixed by this command, over flags and environment
 * @throws RostroError `bad_config`
 */
export function configOf(
  command: Command,
  defaults: Partial<Record<SettingName, string>> = {},
  fixed: Partial<Record<SettingName, string>> = {},
): Config {
  const given: Record<string, unknown> = command.opts();
  const overrides = WITH_FLAG.flatMap((name) => {
    const value = given[new Option(settingOf(name).flag!).attributeName()];
    return typeof value === 'string' || value === true ? [[name, String(value)] as const] : [];
  });
  const set = Object.entries(commandIo().env).filter(([, value]) => value?.trim());
  return readConfig({ ...defaults, ...Object.fromEntries(set), ...Object.fromEntries(overrides), ...fixed });
}
