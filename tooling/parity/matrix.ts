// Parity matrix: features × backends with the number of tests behind each cell, out of the reports of a test run. A cell
// without a test is empty, and a matrix with an empty cell is a failure.

import { CAPABILITIES, FEATURES, OFFERED, type Verb } from '@molecule/backends';

type Kind = keyof typeof CAPABILITIES;

/** One test of a report, in vitest's words. */
export interface ReportedTest {
  fullName: string;
  status: string;
}

export interface Cell {
  passed: number;
  failed: number;
  /** The verbs whose refusal the tests prove; with any of them the feature is declined here. */
  declined: Verb[];
}

export interface Matrix {
  cells: ReadonlyMap<string, Cell>;
  /** What is wrong with it, a sentence each. */
  problems: string[];
}

const MARK = /\[([a-z]+)\/([a-z]+)(?:!([a-zA-Z]+))?\]/g;

export function buildMatrix(tests: readonly ReportedTest[]): Matrix {
  const cells = new Map<string, Cell>();
  const problems: string[] = [];
  for (const { fullName, status } of tests) {
    for (const [mark, feature = '', backend = '', verb] of fullName.matchAll(MARK)) {
      if (!FEATURES.has(feature) || !isKind(backend)) continue;
      if (status !== 'passed' && status !== 'failed') continue;
      const cell = cells.get(keyOf(feature, backend)) ?? { passed: 0, failed: 0, declined: [] };
      cell[status]++;
      if (verb !== undefined && !reasonOf(backend, verb))
        problems.push(`${mark}: ${verb} is not declined there`);
      else if (verb !== undefined && !cell.declined.includes(verb as Verb)) cell.declined.push(verb as Verb);
      cells.set(keyOf(feature, backend), cell);
    }
  }
  for (const [feature, backend] of wantedCells()) {
    const cell = cells.get(keyOf(feature, backend));
    if (!cell) problems.push(`${feature} on ${backend}: no test stands behind it`);
    else if (cell.failed > 0) problems.push(`${feature} on ${backend}: ${cell.failed} tests failed`);
  }
  return { cells, problems };
}

export function printMatrix({ cells }: Pick<Matrix, 'cells'>): string {
  const notes: string[] = [];
  const table = (asked: 'dispatcher' | 'api') => {
    const backends = backendsOf(asked);
    const rows = [...FEATURES].filter(([, feature]) => feature.asked === asked);
    return [
      `| Feature | ${backends.join(' | ')} |`,
      `|---|${backends.map(() => '---|').join('')}`,
      ...rows.map(([id, { title }]) => {
        const shown = backends.map((backend) => showCell(cells.get(keyOf(id, backend)), backend, notes));
        return `| ${title} | ${shown.join(' | ')} |`;
      }),
    ].join('\n');
  };
  const api = table('api');
  const dispatcher = table('dispatcher');
  return `# Parity of the backends

Made by \`npm run parity\` from the tests that ran: the number in a cell is how many tests stand behind it, and a cell without
one fails the run. \`unsupported\` is a typed refusal (501 \`unsupported_on_backend\`, or the refusal of the use-case) that as
many tests prove; its reason is the one that the API gives.

## Through the API

${api}

## Through the dispatcher

The suite of \`packages/backends/src/backend.contract.ts\`; \`fake\` stands in for a backend in tests and is offered to nobody.

${dispatcher}

## Why something is unsupported

${notes.map((note, i) => `${i + 1}. ${note}`).join('\n')}
`;
}

function showCell(cell: Cell | undefined, backend: Kind, notes: string[]): string {
  if (!cell) return '**empty**';
  const tests =
    cell.failed > 0 ? `**${cell.failed} of ${cell.passed + cell.failed} failed**` : `${cell.passed}`;
  if (cell.declined.length === 0) return tests;
  const marks = cell.declined.map((verb) => {
    const note = `\`${verb}\` on ${backend}: ${reasonOf(backend, verb)}`;
    if (!notes.includes(note)) notes.push(note);
    return notes.indexOf(note) + 1;
  });
  return `unsupported (${marks.join(', ')}): ${tests}`;
}

export function* wantedCells(): Generator<[feature: string, backend: Kind]> {
  for (const [feature, { asked }] of FEATURES) {
    for (const backend of backendsOf(asked)) yield [feature, backend];
  }
}

function backendsOf(asked: 'dispatcher' | 'api'): readonly Kind[] {
  return asked === 'api' ? OFFERED : (Object.keys(CAPABILITIES) as Kind[]);
}

function reasonOf(backend: Kind, verb: string): string | null {
  return CAPABILITIES[backend][verb as Verb] ?? null;
}

function isKind(name: string): name is Kind {
  return name in CAPABILITIES;
}

function keyOf(feature: string, backend: string): string {
  return `${feature}/${backend}`;
}
