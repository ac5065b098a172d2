import type { EngineSpec } from '../engine/open-engine.js';
import type { OpenReceiver } from '../events/receiver.js';
import type { HttpPlugin, OpenPlugin, Plugin, PluginStatus } from '../http/plugin.js';
import { compreFacePlugin } from '../plugins/compreface/plugin.js';
import { mqttPlugin } from '../plugins/mqtt/plugin.js';
import { tensorFlowPlugin } from '../plugins/tensorflow/plugin.js';
import type { DataPlace, PluginData } from '../privacy/plugin-data.js';
import type { Config } from './config.js';

/** The optional parts of the server; see `Plugin`. */
const PLUGINS: readonly Plugin<Config>[] = [compreFacePlugin, mqttPlugin, tensorFlowPlugin];

export function openPlugins(place: DataPlace): readonly OpenPlugin[] {
  return PLUGINS.flatMap((plugin) => plugin.open?.(place) ?? []);
}

export function dataOf(plugins: readonly OpenPlugin[]): readonly PluginData[] {
  return plugins.flatMap(({ data }) => data ?? []);
}

export async function httpPluginsOf(plugins: readonly OpenPlugin[]): Promise<readonly HttpPlugin[]> {
  const opened: HttpPlugin[] = [];
  for (const plugin of plugins) if (plugin.http) opened.push(await plugin.http());
  return opened;
}

export function pluginStatuses(config: Config): readonly PluginStatus[] {
  return PLUGINS.map((plugin) => ({ name: plugin.name, on: plugin.isOn(config) }));
}

/** The receivers of events that plugins bring. */
export async function pluginReceivers(config: Config): Promise<readonly OpenReceiver[]> {
  const receivers: OpenReceiver[] = [];
  for (const plugin of PLUGINS) {
    const receiver = (await plugin.receiver?.(config)) ?? null;
    if (receiver !== null) receivers.push(receiver);
  }
  return receivers;
}

/** The engine that `ENGINE` names: a plugin's, or ONNX Runtime on the CPU. */
export function engineSpec(name: Config['compute']['engine']): EngineSpec {
  const engines = Object.assign({}, ...PLUGINS.map(({ engines }) => engines)) as Partial<Record<string, EngineSpec>>;
  return engines[name] ?? { kind: 'onnxruntime', provider: 'cpu' };
}
