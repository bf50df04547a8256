// Shared libraries: which libraries of this machine a program is loaded with, asked of the machine's own loader.

import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LIMIT_MS = 10_000;
/** `libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x…)`, or the loader itself without an arrow. */
const LINE = /^\s*(?:\S+ => )?(\/\S+) \(0x/;

/** Paths as the loader finds them. Empty for a program that is linked statically, or is a script. */
export async function librariesOf(program: string): Promise<string[]> {
  let text: string;
  try {
    const { stdout } = await run('ldd', [await realpath(program)], { timeout: LIMIT_MS, env: { LANG: 'C' } });
    text = stdout;
  } catch (error) {
    // "not a dynamic executable" ends with 1.
    if ((error as { code?: unknown }).code === 1) return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => LINE.exec(line)?.[1] ?? []);
}
