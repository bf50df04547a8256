// Fuzz of the envelope: whatever is posted becomes one JSON-RPC request or a typed refusal, and nothing is lost on the way.

import { isFault } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Envelope, parseEnvelope } from './envelope.ts';

const BOUND = { numRuns: 3_000, interruptAfterTimeLimit: 8_000 };
/** A planted bug only has to be found, not made small. */
const FIND = { ...BOUND, endOnFailure: true };

type Parse = (raw: Buffer) => Envelope;

const key = fc.constantFrom(
  'jsonrpc',
  'id',
  'method',
  'params',
  'message',
  'text',
  'parts',
  'messageId',
  'metadata',
  'role',
  '__proto__',
  'constructor',
);
const word = fc.constantFrom(
  '2.0',
  'message/send',
  'message/stream',
  'tasks/get',
  'SendMessage',
  'user',
  '',
  '\u0000',
  '\ud800',
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    word,
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

const send = fc.record(
  {
    jsonrpc: fc.constant('2.0'),
    method: fc.constantFrom('message/send', 'message/stream', 'SendMessage'),
    params: fc.record({
      message: fc.record(
        { messageId: fc.oneof(fc.uuid(), word), parts: tree, metadata: fc.record({ delegation_id: word }) },
        { requiredKeys: [] },
      ),
    }),
  },
  { requiredKeys: ['params', 'method'] },
);

/** Bytes that are JSON, JSON with an accident, or nothing of the kind. */
const raw = fc.oneof(
  send.map((value) => Buffer.from(JSON.stringify(value))),
  tree.map((value) => Buffer.from(JSON.stringify(value) ?? 'null')),
  fc.tuple(tree, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
    const bytes = Buffer.from(JSON.stringify(value) ?? 'null');
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  }),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);

const withoutNewIds = (body: unknown) =>
  JSON.stringify(body, (name, value) => (name === 'messageId' ? undefined : value));

function holds(parse: Parse) {
  return fc.property(raw, (bytes) => {
    let first: Envelope;
    try {
      first = parse(bytes);
    } catch (error) {
      if (!isFault(error) || error.code !== 'INVALID_REQUEST') throw error;
      return;
    }
    // What goes to the agent is an object that says its protocol, and carries no prototype of the sender's making.
    expect(first.body).toHaveProperty('jsonrpc');
    expect(Object.getPrototypeOf(first.body)).toBe(Object.prototype);
    if (first.untouched)
      expect(JSON.stringify(JSON.parse(first.untouched.toString()))).toBe(JSON.stringify(first.body));
    // Normalising again changes nothing.
    const again = parse(Buffer.from(JSON.stringify(first.body)));
    expect(again.untouched).not.toBeNull();
    expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body));
    expect([again.method, again.delegationId, again.isStreaming]).toEqual([
      first.method,
      first.delegationId,
      first.isStreaming,
    ]);
    // The sender's own message id and text survive.
    const posted: unknown = JSON.parse(bytes.toString());
    const isRpc = typeof posted === 'object' && posted !== null && 'jsonrpc' in posted;
    if (isRpc) expect(withoutNewIds(first.body)).toBe(withoutNewIds(posted));
    if (first.messageId !== null)
      expect(bytes.toString()).toContain(JSON.stringify(first.messageId).slice(1, -1));
  });
}

/** Deliberately wrong copies; each must be found, or the fuzzing is for nothing. */
const PLANTED: Record<string, Parse> = {
  'lets a bare JSON error out': (bytes) => {
    JSON.parse(bytes.toString());
    return parseEnvelope(bytes);
  },
  'takes a method of another type for granted': (bytes) => {
    const envelope = parseEnvelope(bytes);
    return { ...envelope, method: (envelope.body.method as string).slice(0) };
  },
  'forgets to say that it changed the body': (bytes) => ({ ...parseEnvelope(bytes), untouched: bytes }),
  'gives a new id to every message': (bytes) => {
    const envelope = parseEnvelope(bytes);
    return envelope.messageId === null ? envelope : { ...envelope, messageId: 'another' };
  },
};

describe('envelope under fuzz', () => {
  it('turns every body into a request or a typed refusal', () => {
    fc.assert(holds(parseEnvelope), BOUND);
  });

  it.each(Object.entries(PLANTED))('finds the planted bug: %s', (_name, parse) => {
    expect(fc.check(holds(parse), FIND).failed).toBe(true);
  });

  it('answers a megabyte of nesting in bounded time', () => {
    const deep = Buffer.from(`{"jsonrpc":"2.0","params":${'['.repeat(400_000)}${']'.repeat(400_000)}}`);
    const startedAt = performance.now();
    try {
      parseEnvelope(deep);
    } catch (error) {
      if (!isFault(error)) throw error;
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
