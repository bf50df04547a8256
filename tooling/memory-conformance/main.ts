// Memory conformance: `npm run memory:conformance -- <url> [--token …] [--report out.json] [--restart "command"] [--load]`
// tries a memory plugin against the contract. It needs no tenant and no database, and writes into namespaces of its own.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { parseArgs, promisify } from 'node:util';
import { PluginProbe } from './plugin-probe.ts';
import { doesConform, runConformance } from './run-conformance.ts';

const UP_LIMIT_MS = 30_000;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    report: { type: 'string' },
    restart: { type: 'string' },
    load: { type: 'boolean', default: false },
  },
});
const url = values.url ?? positionals[0];
if (url === undefined || !URL.canParse(url)) {
  console.error('which plugin? npm run memory:conformance -- http://localhost:9100');
  process.exit(2);
}
const plugin = new PluginProbe(url, values.token ?? process.env.MEMORY_PLUGIN_TOKEN ?? null);

async function restart(command: string): Promise<void> {
  await promisify(execFile)('/bin/sh', ['-c', command]);
  const endAt = Date.now() + UP_LIMIT_MS;
  while (Date.now() < endAt) {
    const isUp = await plugin.call('GET', '/v1/health').then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the plugin did not come back');
}

try {
  const command = values.restart;
  const verdicts = await runConformance(
    plugin,
    { restart: command === undefined ? null : () => restart(command), isLoadWanted: values.load },
    ({ number, level, title, result, why }) =>
      console.log(
        `${result.padEnd(8)} ${level.padEnd(4)} ${number}. ${title}${why === null ? '' : `: ${why}`}`,
      ),
  );
  const conforms = doesConform(verdicts);
  const count = (result: string) => verdicts.filter((verdict) => verdict.result === result).length;
  console.log(
    `\n${count('passed')} passed, ${count('failed')} failed, ${count('left out')} left out: the plugin ${conforms ? 'conforms' : 'does not conform'}`,
  );
  if (values.report !== undefined)
    await writeFile(values.report, `${JSON.stringify({ url, conforms, verdicts }, null, 2)}\n`);
  process.exit(conforms ? 0 : 1);
} catch (error) {
  console.error(`the plugin at ${url} does not answer: ${(error as Error).message}`);
  process.exit(2);
}
