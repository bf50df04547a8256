// Bad agent: does what its environment asks for, and tells on its port how far it came: reads, forks, eats memory.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { env } = process;
const found = { uid: process.getuid(), reads: {}, writes: {}, children: 0, refused: 0 };

function tryIt(act) {
  try {
    act();
    return 'done';
  } catch (error) {
    return error.code;
  }
}

for (const path of JSON.parse(env.BAD_READS ?? '[]')) {
  found.reads[path] = tryIt(() => (path.endsWith('/') ? readdirSync(path) : readFileSync(path)));
}
for (const path of JSON.parse(env.BAD_WRITES ?? '[]'))
  found.writes[path] = tryIt(() => writeFileSync(path, 'x'));

for (let i = 0; i < Number(env.BAD_FORKS ?? 0); i++) {
  // Without our variables: it does not want to be found.
  const child = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore', env: {} });
  child.on('spawn', () => found.children++);
  child.on('error', () => found.refused++);
}

if (env.BAD_MEMORY_MIB) {
  const held = [];
  const step = () => {
    if (held.length < Number(env.BAD_MEMORY_MIB) / 16)
      held.push(Buffer.alloc(16 * 1024 * 1024, held.length + 1));
    setTimeout(step, 20);
  };
  step();
}

createServer((_, response) => response.end(JSON.stringify(found))).listen(Number(env.PORT), env.HOST);
