#!/usr/bin/env node
// Main: the `molecule` command.

import { createInterface } from 'node:readline/promises';
import { runProgram } from './build-program.ts';
import { environment } from './config.ts';

process.exitCode = await runProgram(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  ask: async (question) => {
    if (!process.stdin.isTTY) return null;
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  },
  env: environment(),
});
