// Unit process: the smallest agent, for tests of backends. It notes what it finds at its first instruction, then serves
// that note on its port until it is asked to end.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const { env } = process;
const configs = env.WORKSPACE_CONFIG_PATH;
const sessions = env.SESSIONS_DIR;
const note = {
  sessions: readdirSync(sessions).filter((name) => !name.startsWith('.')),
  pid: process.pid,
  cwd: process.cwd(),
  env,
  configs: readdirSync(configs, { recursive: true })
    .filter((path) => statSync(join(configs, path)).isFile())
    .map((path) => [path, readFileSync(join(configs, path), 'utf8')]),
  tokenMode: (statSync(join(configs, '.auth_token')).mode & 0o777).toString(8),
};
writeFileSync(join(sessions, 'saved'), String(process.pid));
console.log(`agent of ${env.WORKSPACE_ID} is up`);
console.error(readFileSync(join(configs, '.auth_token'), 'utf8'));

if (env.UNIT_EXIT_CODE) process.exit(Number(env.UNIT_EXIT_CODE));
if (env.UNIT_IGNORES_TERM) process.on('SIGTERM', () => console.log('not yet'));
if (env.UNIT_HAS_CHILD) {
  // A child that left the group: only its environment tells whose it is.
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  });
  note.childPid = child.pid;
}

const server = createServer((_, response) => response.end(JSON.stringify(note)));
server.listen(Number(env.PORT), env.HOST, () => {
  writeFileSync(join(env.WORKSPACE_DIR, 'listening'), String(process.pid));
});
