// Parity matrix: it counts by the marks of the tests, and says what is missing.

import { CAPABILITIES } from '@molecule/backends';
import { describe, expect, it } from 'vitest';
import { buildMatrix, printMatrix, wantedCells } from './matrix.ts';

const passed = (fullName: string) => ({ fullName, status: 'passed' });
const whole = [...wantedCells()].map(([feature, backend]) => passed(`works [${feature}/${backend}]`));

describe('the parity matrix', () => {
  it('is without a problem when a test stands behind every cell', () => {
    expect(buildMatrix(whole).problems).toEqual([]);
  });

  it.each(['skipped', 'pending', 'todo'])('takes a test that is %s for none', (status) => {
    const tests = whole.map((test, i) => (i === 0 ? { ...test, status } : test));
    expect(buildMatrix(tests).problems).toEqual([expect.stringContaining('no test stands behind it')]);
    expect(printMatrix(buildMatrix(tests))).toContain('**empty**');
  });

  it('names a cell whose test failed, and shows it', () => {
    const matrix = buildMatrix([...whole, { fullName: 'breaks [restart/docker]', status: 'failed' }]);
    expect(matrix.problems).toEqual(['restart on docker: 1 tests failed']);
    expect(printMatrix(matrix)).toContain('**1 of 2 failed**');
  });

  it('shows a declined feature with the reason that the code gives', () => {
    const matrix = buildMatrix([...whole, passed('refuses [terminal/external!terminal]')]);
    const text = printMatrix(matrix);
    expect(text).toContain('unsupported (1): 2');
    expect(text).toContain(`1. \`terminal\` on external: ${CAPABILITIES.external.terminal}`);
  });

  it('refuses a test that calls a verb declined which the code does not decline', () => {
    const { problems } = buildMatrix([...whole, passed('refuses [terminal/docker!terminal]')]);
    expect(problems).toEqual(['[terminal/docker!terminal]: terminal is not declined there']);
  });

  it('counts a test behind each of its marks, and none behind a mark that nobody knows', () => {
    const { cells } = buildMatrix([passed('moves [move/process] [move/docker] [move/moon] [jump/docker]')]);
    expect([...cells].map(([key, { passed: count }]) => [key, count])).toEqual([
      ['move/process', 1],
      ['move/docker', 1],
    ]);
  });
});
