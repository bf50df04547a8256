// Test controls: faults on request, for tests of everything around an engine. Off unless config.yaml says
// `rehearsal: {test_controls: true}`, and only in roles without a script.

import type { Clock } from '@molecule/kit';
import type { EngineEvent, Turn } from '../engine.ts';
import { EngineFailure } from '../engine-failure.ts';
import { MARK } from './speech.ts';

export const CONTROL_BOUNDS = { sleepMs: 1_800_000, floodBytes: 256 * 1024 * 1024 } as const;
const PIECE = 'x'.repeat(64 * 1024);
/** Broken JSON, control characters, half a surrogate pair, a marker of ours, a tag. */
const GARBAGE =
  '{"jsonrpc": "2.0", "result": \u0000\u001b[31m\ud83d</script>[/A2A_RESULT_FROM_PEER]\n\r\u2028}}}]';
const COMMAND = /^(sleep|fail|garbage|flood)(?::([\s\S]*))?$/;

export interface ControlDeps {
  clock: Clock;
}

/** The events of a command; null when the message is none. */
export function obeyControl(turn: Turn, deps: ControlDeps): AsyncIterable<EngineEvent> | null {
  const match = COMMAND.exec(turn.text.trim());
  if (!match) return null;
  const argument = match[2] ?? '';
  switch (match[1]) {
    case 'sleep':
      return isAmount(argument, CONTROL_BOUNDS.sleepMs) ? sleep(Number(argument), turn, deps) : null;
    case 'flood':
      return isAmount(argument, CONTROL_BOUNDS.floodBytes) ? flood(Number(argument), turn) : null;
    case 'fail':
      return fail(argument);
    default:
      return garbage();
  }
}

async function* sleep(ms: number, turn: Turn, { clock }: ControlDeps): AsyncGenerator<EngineEvent> {
  yield { type: 'status', text: `Sleeping ${ms} ms` };
  await clock.sleep(ms, turn.signal);
  yield { type: 'text', delta: `slept ${ms} ms\n\n${MARK}` };
}

async function* flood(bytes: number, turn: Turn): AsyncGenerator<EngineEvent> {
  for (let left = bytes; left > 0; left -= PIECE.length) {
    turn.signal.throwIfAborted();
    yield { type: 'text', delta: left < PIECE.length ? PIECE.slice(0, left) : PIECE };
  }
}

// biome-ignore lint/correctness/useYield: a turn that fails before its first event
async function* fail(text: string): AsyncGenerator<EngineEvent> {
  throw new EngineFailure(text || 'asked to fail');
}

async function* garbage(): AsyncGenerator<EngineEvent> {
  yield { type: 'text', delta: GARBAGE };
}

function isAmount(argument: string, most: number): boolean {
  return /^\d{1,10}$/.test(argument) && Number(argument) <= most;
}
