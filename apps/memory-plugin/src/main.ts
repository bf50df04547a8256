// Main: starts the memory plugin, tells a tenant that started it where it listens, and ends it in order.

import { createLog, SettingsError } from '@molecule/kit';
import { startPlugin } from './compose.ts';
import { readConfig } from './config.ts';

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog({ level: config.logLevel });
  const plugin = await startPlugin(config, log);
  const stop = (reason: string) => {
    void plugin.stop(reason).then(({ isClean }) => process.exit(isClean ? 0 : 1));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));
  if (config.isTenantChild) {
    // The channel closes with the tenant, however it ends: nobody is left to serve then.
    process.once('disconnect', () => stop('the tenant is gone'));
    if (process.connected) process.send?.({ address: plugin.address });
    else stop('the tenant is gone');
    return;
  }
  log.info({ address: plugin.address }, 'listening');
}

main().catch((error: unknown) => {
  const { code, port, message, stack, isForPeople } = error as {
    code?: string;
    port?: number;
    message?: string;
    stack?: string;
    isForPeople?: boolean;
  };
  const text =
    code === 'EADDRINUSE'
      ? `port ${port} is in use. Stop what uses it, or choose another: MEMORY_PLUGIN_LISTEN_ADDR=127.0.0.1:${(port ?? 9100) + 1}`
      : error instanceof SettingsError || isForPeople === true
        ? message
        : (stack ?? String(error));
  process.stderr.write(`The memory plugin cannot start: ${text}\n`);
  process.exit(1);
});
