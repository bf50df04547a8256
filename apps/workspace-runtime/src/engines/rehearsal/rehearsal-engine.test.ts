// Proves the rules of the rehearsal engine's rehearsal engine.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@molecule/kit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineContext, EngineEvent } from '../engine.ts';
import { eventsOf, testConfig, textOf, turnOf } from './in-memory-organisation.ts';
import { rehearsalEngine } from './rehearsal-engine.ts';
import { SCRIPT_BOUNDS } from './script/schema.ts';
import { MARK, piecesOf, speak, withoutMark } from './speech.ts';

let configDir: string;
beforeEach(async () => {
  configDir = await mkdtemp(join(tmpdir(), 'rehearsal-engine-'));
});
afterEach(async () => await rm(configDir, { recursive: true }));

const engineWith = async (rehearsal: Record<string, unknown> = {}) =>
  await rehearsalEngine.create({
    config: testConfig(configDir, { name: 'Ada', rehearsal: { pace_ms: 0, ...rehearsal } }),
    tools: new Map(),
    clock: systemClock,
  } as unknown as EngineContext);
const writeScript = async (source: string, name = 'rehearsal.yaml') =>
  await writeFile(join(configDir, name), source);
const ask = async (text: string, rehearsal?: Record<string, unknown>) =>
  await textOf((await engineWith(rehearsal)).run(turnOf(text)));

describe('a role without a script', () => {
  it('says what it received, what it is, and that no model was asked', async () => {
    const reply = await ask('Hello  there,\nAda');
    expect(reply).toContain('Ada received 3 words (17 characters): “Hello there, Ada”');
    expect(reply).toContain('no script yet');
    expect(reply.endsWith(MARK)).toBe(true);
    expect(rehearsalEngine.isSimulated).toBe(true);
  });

  it('answers a large message by counting only its beginning, and says so', async () => {
    expect(await ask('word '.repeat(200_000))).toContain('at least 20,000 words (1,000,000 characters)');
  });

  it('takes test commands for plain words unless test controls are on', async () => {
    expect(await ask('fail:boom')).toContain('received 2 words');
  });
});

describe('test controls', () => {
  const on = { test_controls: true };

  it('sleep, fail, flood and make garbage on request', async () => {
    expect(await ask('sleep:1', on)).toContain('slept 1 ms');
    await expect(ask('fail:boom', on)).rejects.toThrow('boom');
    expect((await ask('flood:200000', on)).length).toBe(200_000);
    expect(await ask('garbage', on)).toContain('\u0000');
  });

  it('leave a command beyond its bound to the default reply', async () => {
    expect(await ask('sleep:1800001', on)).toContain('received');
    expect(await ask('flood:268435457', on)).toContain('received');
  });

  it('do not reach a role that has a script', async () => {
    await writeScript('version: 1\nsteps: [{ say: scripted }]');
    expect(await ask('fail:boom', on)).toContain('scripted');
  });

  it('wake from sleep with the reason of the abort', async () => {
    const controller = new AbortController();
    const run = (await engineWith(on)).run(turnOf('sleep:60000', controller.signal))[Symbol.asyncIterator]();
    expect((await run.next()).value).toMatchObject({ type: 'status' });
    const next = run.next();
    controller.abort(new Error('cancelled'));
    await expect(next).rejects.toThrow('cancelled');
  });
});

describe('a role with a script', () => {
  it('runs the steps in order, skips what its condition excludes, and ends at stop (W1)', async () => {
    await writeScript(
      [
        'version: 1',
        'inputs: { document: {} }',
        'steps:',
        '  - { compute: count, of: document, save: size }',
        '  - { when: size.words above 100, say: long }',
        '  - { say: "{{ self.name }} read {{ size.words }}. " }',
        '  - { write: "kept", save: note }',
        '  - { gather: [note, size.words], save: both }',
        '  - { stop: "{{ both | join: \\"+\\" }}" }',
        '  - { say: never }',
      ].join('\n'),
    );
    expect(await ask('one two')).toBe(`Ada read 2. kept+2\n\n${MARK}`);
  });

  it('fails the turn with the words of a fail step', async () => {
    await writeScript('version: 1\nsteps: [{ fail: "{{ self.name }} can not" }]');
    await expect(ask('x')).rejects.toThrow('Ada can not');
  });

  it('uses an edited script from the next task on', async () => {
    await writeScript('version: 1\nsteps: [{ say: first }]');
    const engine = await engineWith();
    expect(await textOf(engine.run(turnOf('x')))).toContain('first');
    await writeScript('version: 1\nsteps: [{ say: second one }]');
    expect(await textOf(engine.run(turnOf('x')))).toContain('second one');
  });

  it('tells a broken or missing script at boot and to each task, and stays up', async () => {
    await writeScript('version: 1\nsteps: [{ sya: hi }]');
    const config = testConfig(configDir, {});
    expect(rehearsalEngine.check(config)).toEqual([expect.stringContaining('did you mean "say"?')]);
    await expect(ask('x')).rejects.toThrow('did you mean "say"?');
    const other = { script: 'other.yaml' };
    expect(rehearsalEngine.check(testConfig(configDir, { rehearsal: other }))).toEqual([
      expect.stringMatching(/other\.yaml can not be read \(ENOENT\)/),
    ]);
    await expect(ask('x', other)).rejects.toThrow('other.yaml');
    expect(rehearsalEngine.check(testConfig(configDir, { rehearsal: { script: '../x.yaml' } }))).toEqual([
      expect.stringContaining('leads out of'),
    ]);
    await writeScript('version: 1\nsteps: [{ say: mended now }]');
    expect(rehearsalEngine.check(config)).toEqual([]);
  });

  it('cuts an answer that grows beyond its bound and says so (W3)', async () => {
    const say = `{ say: "${'{{ message }}'.repeat(4)}" }`;
    await writeScript(`version: 1\nsteps: [${say}, ${say}]`);
    const reply = await ask('y'.repeat(100_000));
    expect(reply).toContain(`an answer is at most ${SCRIPT_BOUNDS.replyChars} characters long`);
    expect(reply.length).toBeLessThan(SCRIPT_BOUNDS.replyChars + 300);
  });

  it('stops at an abort, in a pause and between pieces of speech (W2)', async () => {
    await writeScript(
      `version: 1\nsteps: [{ say: "${'word '.repeat(100)}" }, { status: resting }, { pause_ms: 10000 }, { say: never }]`,
    );
    for (const stopAt of ['text', 'status']) {
      const controller = new AbortController();
      const engine = await engineWith({ pace_ms: 1 });
      const seen: EngineEvent[] = [];
      const run = async () => {
        for await (const event of engine.run(turnOf('x', controller.signal))) {
          seen.push(event);
          if (event.type === stopAt) queueMicrotask(() => controller.abort(new Error('cancelled')));
        }
      };
      await expect(run()).rejects.toThrow('cancelled');
      expect(JSON.stringify(seen)).not.toContain('never');
    }
  });

  it('does nothing for a turn that was aborted before it began', async () => {
    await expect(ask2()).rejects.toThrow('too late');
    async function ask2() {
      return await eventsOf((await engineWith()).run(turnOf('x', AbortSignal.abort(new Error('too late')))));
    }
  });
});

describe('speech', () => {
  it('is cut into pieces that make the text again (S1)', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 500 }), fc.string({ unit: 'grapheme', maxLength: 300 })),
        (text) => {
          const pieces = piecesOf(text);
          expect(pieces.join('')).toBe(text);
          for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(400);
        },
      ),
    );
  });

  it('slows a text down by at most 1.2 s, however long it is (S2)', async () => {
    let sleptMs = 0;
    const clock = {
      now: () => 0,
      sleep: async (ms: number) => {
        sleptMs += ms;
      },
    };
    const signal = new AbortController().signal;
    for await (const piece of speak('word '.repeat(20_000), { paceMs: 1000, clock, signal }))
      expect(piece.delta).not.toBe('');
    expect(sleptMs).toBeGreaterThan(1_000);
    expect(sleptMs).toBeLessThanOrEqual(1_201);
  });

  it('loses its mark once, when a peer passes it on', () => {
    expect(withoutMark(`text\n\n${MARK}\n`)).toBe('text');
    expect(withoutMark(' text ')).toBe(' text');
  });
});
