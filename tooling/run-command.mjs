// Run command: starts a program in a process group of its own, bounded in time and output, and ends all of it together.
//
//   C1. When the time is over, or we are told to stop, the whole group is ended: nothing that it started stays behind.
//   C2. Of captured output the last 256 KiB are kept.

import { spawn } from 'node:child_process';

const KEPT_CHARACTERS = 256 * 1024;
const GRACE_MS = 5_000;
const running = new Set();

/** We listen for signals only while something runs, so that the server that `npm start` becomes has them to itself. */
const LISTENERS = { SIGINT: () => endAll(130), SIGTERM: () => endAll(143) };

function track(child) {
  if (running.size === 0)
    for (const [signal, listener] of Object.entries(LISTENERS)) process.on(signal, listener);
  running.add(child);
}

function untrack(child) {
  running.delete(child);
  if (running.size === 0)
    for (const [signal, listener] of Object.entries(LISTENERS)) process.off(signal, listener);
}

function endAll(code) {
  for (const child of running) {
    child.once('close', () => process.exit(code));
    endGroup(child);
  }
}

/** Asks first, so that a test run can stop its databases; insists after five seconds. */
function endGroup(child) {
  signalGroup(child, 'SIGTERM');
  setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS).unref();
}

function signalGroup(child, signal) {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Resolves with `{ code, output, isOverTime }` and never rejects for a program that fails.
 * `isShown` passes the output through as it comes; otherwise it is captured.
 */
export function runCommand(
  command,
  args,
  { cwd, env = process.env, isShown = false, limitMs = 600_000 } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', isShown ? 'inherit' : 'pipe', isShown ? 'inherit' : 'pipe'],
    });
    track(child);
    let output = '';
    let isOverTime = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-KEPT_CHARACTERS);
      });
    }
    const timer = setTimeout(() => {
      isOverTime = true;
      endGroup(child);
    }, limitMs);
    const done = (code) => {
      clearTimeout(timer);
      untrack(child);
      resolve({ code: isOverTime ? 1 : code, output, isOverTime });
    };
    child.once('error', (error) => {
      output += `${command}: ${error.message}\n`;
      done(127);
    });
    child.once('close', (code) => done(code ?? 1));
  });
}
