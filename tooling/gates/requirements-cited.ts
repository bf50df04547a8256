// Requirements cited: every row of docs/requirements has a scenario that cites it (or, where only a fake clock can show it,
// a test of the real parts), or stands in the list of unverified ones with a reason, or waits for a route that no contract
// has yet; nothing is cited that is not a row, and nothing stands in those lists once it is cited or its route is there.

import type { Gate, Violation } from './gate.ts';
import { listFiles, readText } from './repository-files.ts';
import {
  type Citation,
  idStartOf,
  LATER,
  REQUIREMENTS_FOLDER,
  type RequirementRow,
  readCitations,
  readRows,
  readTitleCitations,
  UNVERIFIED,
} from './requirement-documents.ts';

const ROUTE_PATH = /\bpath: '([^']+)'/g;

interface Requirements {
  rows: RequirementRow[];
  unverified: RequirementRow[];
  later: RequirementRow[];
  /** Of every route that a contract has. */
  paths: string[];
  citations: Citation[];
}

export const requirementsCited: Gate = {
  name: 'every requirement has a scenario that cites it',
  find(root) {
    const read = readRequirements(root);
    return [
      ...findBadRows(read.rows),
      ...findUncited(read),
      ...findStrayCitations(read),
      ...findStaleExcuses(read, read.unverified),
      ...findStaleExcuses(read, read.later),
      ...findComeRoutes(read),
    ];
  },
  note(root) {
    const { rows, unverified, later } = readRequirements(root);
    return `${rows.length} requirements, ${unverified.length} not verified yet, ${later.length} of later routes`;
  },
};

function readRequirements(root: string): Requirements {
  const files = listFiles(root);
  const rowsOf = (path: string) => readRows(path, readText(root, path) ?? '');
  const isSection = (path: string) => path.startsWith(`${REQUIREMENTS_FOLDER}/`) && idStartOf(path) !== null;
  return {
    rows: files.filter(isSection).flatMap(rowsOf),
    unverified: files.filter((path) => path === UNVERIFIED).flatMap(rowsOf),
    later: files.filter((path) => path === LATER).flatMap(rowsOf),
    paths: files
      .filter((path) => path.startsWith('packages/contracts/src/'))
      .flatMap((path) =>
        Array.from((readText(root, path) ?? '').matchAll(ROUTE_PATH), ([, route = '']) => route),
      ),
    citations: [
      ...files
        .filter((path) => /^e2e\/.*\.scenario\.ts$/.test(path))
        .flatMap((path) => readCitations(path, readText(root, path) ?? '')),
      ...files
        .filter((path) => /^apps\/.*\.test\.ts$/.test(path))
        .flatMap((path) => readTitleCitations(path, readText(root, path) ?? '')),
    ],
  };
}

function findBadRows(rows: readonly RequirementRow[]): Violation[] {
  const seen = new Set<string>();
  return rows.flatMap(({ id, text, path, line }) => {
    const messages: string[] = [];
    if (!/^[a-z]+\.\d+(\.\d+)?-[a-z0-9-]+$/.test(id))
      messages.push(`${id} is not written like core.2.5-mint`);
    const start = idStartOf(path);
    if (!id.startsWith(`${start}.`) && !id.startsWith(`${start}-`))
      messages.push(`${id} belongs to another file`);
    if (seen.has(id)) messages.push(`${id} stands in two rows`);
    if (text === '') messages.push(`${id} requires nothing`);
    seen.add(id);
    return messages.map((message) => ({ path, line, message }));
  });
}

function findUncited({ rows, unverified, later, citations }: Requirements): Violation[] {
  const known = new Set([...citations, ...unverified, ...later].map(({ id }) => id));
  return rows
    .filter(({ id }) => !known.has(id))
    .map(({ id, path, line }) => ({
      path,
      line,
      message: `no scenario cites ${id}; write one, or say in ${UNVERIFIED} why not`,
    }));
}

/** Ids of other shapes belong to the list of e2e/requirements.ts, which the types judge. */
function findStrayCitations({ rows, citations }: Requirements): Violation[] {
  const ids = new Set(rows.map(({ id }) => id));
  return citations
    .filter(({ id }) => /^[a-z]+\.\d/.test(id) && !ids.has(id))
    .map(({ id, path, line }) => ({ path, line, message: `cites ${id}, which is no requirement` }));
}

function findStaleExcuses(
  { rows, citations }: Requirements,
  excuses: readonly RequirementRow[],
): Violation[] {
  const ids = new Set(rows.map(({ id }) => id));
  const cited = new Set(citations.map(({ id }) => id));
  return excuses.flatMap(({ id, text, path, line }) => {
    const messages: string[] = [];
    if (!ids.has(id)) messages.push(`${id} is no requirement`);
    if (cited.has(id)) messages.push(`a scenario cites ${id} now; take it out of the list`);
    if (text === '') messages.push(`${id} has no reason`);
    return messages.map((message) => ({ path, line, message }));
  });
}

/** A line of the list of later ones names its route in backticks; the route is none of a contract's, nor the beginning of one. */
function findComeRoutes({ later, paths }: Requirements): Violation[] {
  return later.flatMap(({ id, text, path, line }) => {
    const route = /`(\/[^`]+)`/.exec(text)?.[1];
    if (!route) return [{ path, line, message: `${id} names no route that it waits for` }];
    const isThere = paths.some((one) => one === route || one.startsWith(`${route}/`));
    return isThere ? [{ path, line, message: `${route} is there now; ${id} wants a scenario` }] : [];
  });
}
