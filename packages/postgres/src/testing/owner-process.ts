// Owner process: a server process that owns a data folder until somebody kills it. It prints a line of JSON when it is ready.
// Arguments: data folder, JSON of other binaries (or an empty text).

import { createLog } from '@molecule/kit';
import type { Binaries } from '../binaries.ts';
import { EmbeddedPostgres } from '../embedded-postgres.ts';

const [dataDir = '', binaries = ''] = process.argv.slice(2);
const server = new EmbeddedPostgres({
  dataDir,
  log: createLog({ level: 'silent' }),
  ...(binaries === '' ? {} : { binaries: JSON.parse(binaries) as Binaries }),
});
try {
  await server.start();
  console.log(JSON.stringify({ postmasterPid: server.postmasterPid }));
} catch (error) {
  console.log(JSON.stringify({ refusal: (error as Error).message }));
  process.exit(1);
}
process.on('SIGTERM', () => {
  void server.stop().then(() => process.exit(0));
});
setInterval(() => {}, 60_000);
