import { pathToFileURL } from 'node:url';
import { lifecycleHooks, type TriggerConfig } from '@trigger.dev/core/v3';
import type { Catalog } from '../task-registry.ts';
import type { Managers } from './managers.ts';
import type { ChildSetup } from './protocol.ts';

export interface LoadedTasks {
  readonly catalog: Catalog;
  readonly config: Partial<TriggerConfig>;
}

/**
 * Imports the configuration and the task files, so that every `task()` in them registers itself.
 * Throws an error that names the file when one cannot be imported.
 */
export async function loadTasks(setup: ChildSetup, managers: Managers): Promise<LoadedTasks> {
  const config = setup.configFile ? await importConfig(setup.configFile) : {};
  installConfigHooks(config);
  for (const file of setup.taskFiles) {
    // Outside of a file context the catalog drops a task without a word.
    managers.catalog.setCurrentFileContext(file, file);
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`cannot import the task file ${file}: ${reason}`, { cause: error });
    } finally {
      managers.catalog.clearCurrentFileContext();
    }
  }
  const { retries, maxDuration } = config;
  return {
    config,
    catalog: {
      tasks: managers.catalog.listTaskManifests(),
      queues: managers.catalog.listQueueManifests(),
      defaults: {
        ...(retries?.default && { retry: retries.default }),
        ...(typeof maxDuration === 'number' && { maxDuration }),
      },
    },
  };
}

async function importConfig(file: string): Promise<Partial<TriggerConfig>> {
  const module: { default?: Partial<TriggerConfig> } = await import(pathToFileURL(file).href);
  if (!module.default) throw new Error(`${file} has no default export`);
  return module.default;
}

/** The hooks of the configuration run for every task. */
function installConfigHooks(config: Partial<TriggerConfig>): void {
  const id = 'config';
  if (config.init) lifecycleHooks.registerGlobalInitHook({ id, fn: config.init });
  if (config.onStart) lifecycleHooks.registerGlobalStartHook({ id, fn: config.onStart });
  if (config.onSuccess) lifecycleHooks.registerGlobalSuccessHook({ id, fn: config.onSuccess });
  if (config.onFailure) lifecycleHooks.registerGlobalFailureHook({ id, fn: config.onFailure });
}
