// Minimal memory plugin: the whole contract without a single capability, in one file and without a dependency.
// `node minimal-plugin.mjs` listens on 127.0.0.1:9100 (PORT) and keeps everything in one file (MEMORY_FILE).

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const FILE = process.env.MEMORY_FILE ?? './memories.json';
const NAME = /^[a-z]+:[A-Za-z0-9_:.-]+$/;
const KINDS = ['fact', 'summary', 'checkpoint'];
const NAMESPACE_KINDS = ['workspace', 'team', 'org', 'custom'];
const SOURCES = ['agent', 'runtime', 'user'];
const CONTENT_BYTES = 100_000;
const BODY_BYTES = 1024 * 1024;

/** Namespaces by name; memories by id, in the order of their first writes. */
const { namespaces, memories } = load();

function load() {
  try {
    const kept = JSON.parse(readFileSync(FILE, 'utf8'));
    return { namespaces: new Map(kept.namespaces), memories: new Map(kept.memories) };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { namespaces: new Map(), memories: new Map() };
  }
}

/** What was answered is kept: the file is written before the answer, and appears whole. */
function keep() {
  writeFileSync(`${FILE}.new`, JSON.stringify({ namespaces: [...namespaces], memories: [...memories] }));
  renameSync(`${FILE}.new`, FILE);
}

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.answer = { status, body: { code, message } };
  }
}
const bad = (message) => new Refusal(400, 'bad_request', message);
const missing = () => new Refusal(404, 'not_found', 'not found');

const check = (holds, message) => {
  if (!holds) throw bad(message);
};
const checkName = (name) => {
  check(typeof name === 'string' && name.length <= 256 && NAME.test(name), 'bad namespace');
  return name;
};
const checkTime = (time) => check(time == null || !Number.isNaN(Date.parse(time)), 'bad time');

function putNamespace(name, input) {
  check(NAMESPACE_KINDS.includes(input.kind), 'bad kind');
  checkTime(input.expires_at);
  const known = namespaces.get(name) ?? { name, created_at: new Date().toISOString() };
  const namespace = { ...known, kind: input.kind, metadata: input.metadata ?? known.metadata };
  namespaces.set(name, namespace);
  return { status: 200, body: namespace };
}

function patchNamespace(name, input) {
  check(input.expires_at !== undefined || input.metadata !== undefined, 'nothing to change');
  checkTime(input.expires_at);
  if (!namespaces.has(name)) throw missing();
  const namespace = { ...namespaces.get(name), ...(input.metadata ? { metadata: input.metadata } : {}) };
  namespaces.set(name, namespace);
  return { status: 200, body: namespace };
}

function deleteNamespace(name) {
  if (!namespaces.delete(name)) throw missing();
  for (const [id, memory] of memories) if (memory.namespace === name) memories.delete(id);
  return { status: 204 };
}

function write(namespace, { id = crypto.randomUUID(), content, kind, source }) {
  check(typeof content === 'string' && content.trim() !== '', 'blank content');
  check(Buffer.byteLength(content) <= CONTENT_BYTES, 'content too large');
  check(KINDS.includes(kind) && SOURCES.includes(source), 'bad kind or source');
  check(typeof id === 'string' && id !== '' && id.length <= 128, 'bad id');
  if (!namespaces.has(namespace)) throw missing();
  const known = memories.get(id);
  if (known && known.namespace !== namespace)
    throw new Refusal(409, 'bad_request', 'the id belongs to another namespace');
  const created_at = known?.created_at ?? new Date().toISOString();
  memories.set(id, { id, namespace, content, kind, source, created_at });
  return { status: 201, body: { id, namespace } };
}

function search({ namespaces: names, kinds, limit }) {
  check(Array.isArray(names) && names.length > 0, 'no namespaces');
  names.forEach(checkName);
  check(limit == null || (Number.isInteger(limit) && limit >= 0 && limit <= 100), 'bad limit');
  check(kinds == null || (Array.isArray(kinds) && kinds.every((kind) => KINDS.includes(kind))), 'bad kinds');
  const wanted = new Set(names);
  const found = [...memories.values()]
    .filter((memory) => wanted.has(memory.namespace) && (!kinds?.length || kinds.includes(memory.kind)))
    .reverse();
  return { status: 200, body: { memories: found.slice(0, limit || 20) } };
}

function forget(id, { requested_by_namespace: namespace }) {
  checkName(namespace);
  if (memories.get(id)?.namespace !== namespace) throw missing();
  memories.delete(id);
  return { status: 204 };
}

function answer(method, path, input) {
  const [version, noun, ...rest] = path.split('/').slice(1).map(decodeURIComponent);
  const route = version === 'v1' ? `${method} ${noun}/${rest.length}` : '';
  switch (route) {
    case 'GET health/0':
      return { status: 200, body: { status: 'ok', version: '1.0.0', capabilities: [] } };
    case 'PUT namespaces/1':
      return putNamespace(checkName(rest[0]), input);
    case 'PATCH namespaces/1':
      return patchNamespace(checkName(rest[0]), input);
    case 'DELETE namespaces/1':
      return deleteNamespace(checkName(rest[0]));
    case 'POST namespaces/2':
      if (rest[1] === 'memories') return write(checkName(rest[0]), input);
      break;
    case 'POST search/0':
      return search(input);
    case 'DELETE memories/1':
      return forget(rest[0], input);
  }
  throw missing();
}

createServer(async (request, response) => {
  try {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk;
      check(text.length <= BODY_BYTES, 'the body is too large');
    }
    const input = text === '' ? {} : JSON.parse(text);
    const { status, body } = answer(request.method, new URL(request.url, 'http://plugin').pathname, input);
    if (request.method !== 'GET' && request.url !== '/v1/search') keep();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : bad('the request cannot be read');
    response.writeHead(refusal.answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(refusal.answer.body));
  }
}).listen(Number(process.env.PORT ?? 9100), '127.0.0.1');
