import type { Config } from './config.js';
import { PipelinePool } from '../faces/pipeline/pool.js';
import { chooseProvider } from '../faces/pipeline/provider/choose.js';
import type { EngineSpec } from '../engine/open-engine.js';
import { nobody, type Observer } from '../people/observer.js';
import { pipelineSpec } from './pipeline-spec.js';

/**
 * Loads the networks alone.
 * @param warn is told once when `PROVIDER=auto` finds no GPU to use
 * @throws RostroError when a model file is not usable, `provider_unavailable` when the provider that is set is not
 */
export async function startPipeline(
  config: Config,
  warn: (warning: string) => void = console.error,
  observer: Observer = nobody,
): Promise<PipelinePool> {
  const spec = pipelineSpec(config);
  const embeddingEngine = spec.engine.kind === 'tfjs' ? spec.engine : await fastestEngine(config, warn);
  const onRestart = () => observer.workerRestarted();
  const limits = { ...config, stuckAfterMs: config.requestDeadlineMs, onRestart };
  return PipelinePool.start({ ...spec, embeddingEngine }, limits);
}

async function fastestEngine(config: Config, warn: (warning: string) => void): Promise<EngineSpec> {
  const { cacheDir, embeddingThreads: threads } = config;
  const { provider, warning } = await chooseProvider(config.provider, { cacheDir, threads });
  if (warning !== null) warn(warning);
  return { kind: 'onnxruntime', provider };
}
