// Unit program: asks the program inside a running container about its folders (in-unit/main.ts), and reads its answer.
// What it answers is the word of a machine that the agent may own: it is bounded, and believed about that container only.

import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { Fault, type FaultCode, faults } from '@molecule/domain';
import { type Engine, statusOf } from './engine.ts';
import { FrameReader } from './log-frames.ts';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const PROGRAM = ['node', '/app/unit/main.js'];
/** What the program may refuse with; anything else is a bug of it. */
const REFUSALS: readonly string[] = ['INVALID_REQUEST', 'BODY_TOO_LARGE'] satisfies FaultCode[];

export interface ProgramAnswer {
  value: unknown;
  /** What follows the answer; to be read to its end or destroyed. */
  rest: Readable;
}

export async function runUnitProgram(
  engine: Engine,
  container: string,
  args: readonly string[],
  input: Uint8Array | null = null,
): Promise<ProgramAnswer> {
  const socket = await startExec(engine, container, args, input !== null);
  if (input) socket.end(Buffer.from(input));
  const output = stdoutOf(socket);
  const { line, after } = await firstLine(output, socket);
  const answer = parse(line);
  if (answer.fault) {
    socket.destroy();
    throw faultOf(answer.fault);
  }
  return { value: answer.value, rest: Readable.from(chain(after, output, socket)) };
}

async function startExec(
  engine: Engine,
  container: string,
  args: readonly string[],
  hasInput: boolean,
): Promise<Duplex> {
  try {
    return await engine.act(async (docker, abortSignal) => {
      const exec = await docker.getContainer(container).exec({
        Cmd: [...PROGRAM, ...args],
        AttachStdin: hasInput,
        AttachStdout: true,
        AttachStderr: true,
        abortSignal,
      });
      return exec.start({ hijack: true, stdin: hasInput, abortSignal });
    });
  } catch (error) {
    // 404: no such container; 409: it does not run.
    if ([404, 409].includes(statusOf(error) ?? 0)) throw faults.notRunning();
    throw error;
  }
}

async function* stdoutOf(socket: Duplex): AsyncGenerator<Buffer> {
  const frames = new FrameReader();
  for await (const chunk of socket) {
    for (const { stream, bytes } of frames.push(chunk as Buffer)) if (stream === 'stdout') yield bytes;
  }
}

async function firstLine(
  output: AsyncGenerator<Buffer>,
  socket: Duplex,
): Promise<{ line: string; after: Buffer }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const { value, done } = await output.next();
    if (done) throw new Error('the unit program ended without an answer');
    const end = value.indexOf(10);
    chunks.push(end < 0 ? value : value.subarray(0, end));
    if (end >= 0) return { line: Buffer.concat(chunks).toString('utf8'), after: value.subarray(end + 1) };
    bytes += value.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      socket.destroy();
      throw new Error('the unit program answered with too much');
    }
  }
}

async function* chain(first: Buffer, output: AsyncGenerator<Buffer>, socket: Duplex): AsyncGenerator<Buffer> {
  try {
    if (first.byteLength > 0) yield first;
    yield* output;
  } finally {
    socket.destroy();
  }
}

function parse(line: string): { value?: unknown; fault?: { code: string; message: string } } {
  return JSON.parse(line) as { value?: unknown; fault?: { code: string; message: string } };
}

function faultOf({ code, message }: { code: string; message: string }): Error {
  if (message === 'ENOSPC' || message === 'EDQUOT') return faults.storageFull();
  if (REFUSALS.includes(code)) return new Fault(code as FaultCode, String(message).slice(0, 500));
  return new Error(`the unit program failed: ${message}`);
}
