// Main: starts the process inside a workspace, and ends it in order.

import { isFault, redactSecrets } from '@molecule/domain';
import { createLog, SettingsError, Shutdown } from '@molecule/kit';
import { closeAgentServer } from './a2a/server.ts';
import { compose } from './compose.ts';
import { environment, loadConfig, type RuntimeConfig, readConfigDir } from './config.ts';
import { WorkspaceGone } from './connect/platform.ts';
import { loadConfigFile } from './load-config-file.ts';

/** What a person has to mend; trying the same again does not help. */
const EXIT_CONFIG = 78;

async function main(): Promise<void> {
  const config = await readConfig();
  const log = createLog({ level: config.logLevel, hide: redactSecrets });
  const stopping = new AbortController();
  const shutdown = new Shutdown(log);
  const stop = (reason: string) => {
    void shutdown.run(reason).then(({ isClean }) => process.exit(isClean ? 0 : 1));
  };
  const runtime = await compose(config, log, stop);
  shutdown.on('work', () => runtime.drain.run(), 19_000);
  shutdown.on('loops', () => runtime.supervisor.stop(), 3_000);
  shutdown.on('last heartbeat', () => runtime.heartbeat.last(stopping.signal), 1_000);
  shutdown.on('calls', async () => stopping.abort(new Error('the process is ending')));
  shutdown.on('server', () => closeAgentServer(runtime.server), 3_000);
  shutdown.on('engine', async () => runtime.engine.stop?.());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));

  const url = await runtime.server.listen({ host: config.host, port: config.port });
  runtime.listening(config.advertisedUrl ?? url);
  for (const problem of runtime.problems)
    log.error({ problem }, 'this agent can not work until this is mended');
  log.info({ url, engine: runtime.engine.name, bootMs: Math.round(performance.now()) }, 'listening');
  try {
    await runtime.connection.register(stopping.signal);
    runtime.supervisor.start();
    await runtime.greet(stopping.signal);
  } catch (error) {
    if (error instanceof WorkspaceGone) stop(`workspace gone: ${error.message}`);
    else if (!stopping.signal.aborted) throw error;
  }
}

async function readConfig(): Promise<RuntimeConfig> {
  return loadConfig(environment, await loadConfigFile(readConfigDir(environment)));
}

main().catch((error: unknown) => {
  const isKnown = isFault(error) || error instanceof SettingsError;
  const text = isKnown
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`FATAL: ${redactSecrets(text)}\n`);
  process.exit(isKnown ? EXIT_CONFIG : 1);
});
