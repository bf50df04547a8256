// Platform boundary: the control plane keeps and takes only what stands in its boundary file: every column of its
// migrations and every field of its request bodies is classed there, and nothing is classed that does not exist.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from '@molecule/contracts';
import { z } from 'zod';
import { KEPT, SENT } from '../../apps/control-plane/src/boundary.ts';
import type { Gate, Violation } from './gate.ts';
import { readText } from './repository-files.ts';

const MIGRATIONS = 'apps/control-plane/migrations';
const BOUNDARY = 'apps/control-plane/src/boundary.ts';

type Classes = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const platformBoundary: Gate = {
  name: 'the platform keeps and takes what its boundary names',
  find(root) {
    const folder = join(root, MIGRATIONS);
    if (!existsSync(folder)) return [];
    const sql = readdirSync(folder)
      .sort()
      .map((file) => readText(root, `${MIGRATIONS}/${file}`) ?? '');
    return [
      ...compare('column', tableColumns(sql), KEPT),
      ...compare('request field', bodyFields(platform), SENT),
    ];
  },
};

/** Both ways: what is not classed, and what is classed and not there. */
export function compare(
  what: string,
  found: ReadonlyMap<string, readonly string[]>,
  classes: Classes,
): Violation[] {
  const owners = new Set([...found.keys(), ...Object.keys(classes)]);
  return [...owners].flatMap((owner) => {
    const there = new Set(found.get(owner) ?? []);
    const classed = new Set(Object.keys(classes[owner] ?? {}));
    return [
      ...[...there]
        .filter((name) => !classed.has(name))
        .map((name) => `${what} ${owner}.${name} is not classed`),
      ...[...classed]
        .filter((name) => !there.has(name))
        .map((name) => `${what} ${owner}.${name} does not exist`),
    ].map((message) => ({ path: BOUNDARY, message }));
  });
}

/** The migrations are written in one style: a column begins with two spaces and its name. */
export function tableColumns(migrations: readonly string[]): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  for (const sql of migrations) {
    let table: string | null = null;
    for (const line of sql.split('\n')) {
      const made = /^create table (?:if not exists )?(\w+) \(/.exec(line);
      const added = /^alter table (\w+) add (?:column )?(?:if not exists )?(\w+)/.exec(line);
      const column = /^ {2}(\w+) /.exec(line);
      if (made?.[1]) {
        table = made[1];
        tables.set(table, []);
      } else if (line.startsWith(')')) table = null;
      else if (added?.[1] && added[2]) tables.set(added[1], [...(tables.get(added[1]) ?? []), added[2]]);
      else if (table && column?.[1] && !/^(primary|unique|foreign|check|constraint)$/.test(column[1])) {
        tables.get(table)?.push(column[1]);
      }
    }
  }
  return tables;
}

/** The leaves of each operation's body, by operation. */
export function bodyFields(contracts: Readonly<Record<string, unknown>>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const value of Object.values(contracts)) {
    const { name, policy, body } = (value ?? {}) as { name?: string; policy?: string; body?: z.ZodType };
    if (name === undefined || policy === undefined || !body) continue;
    const schema = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as Json;
    found.set(name, [...new Set(leaves(schema, ''))]);
  }
  return found;
}

interface Json {
  type?: string;
  anyOf?: Json[];
  oneOf?: Json[];
  properties?: Record<string, Json>;
  items?: Json;
}

function leaves(schema: Json, path: string): string[] {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.filter(({ type }) => type !== 'null').flatMap((choice) => leaves(choice, path));
  if (schema.type === 'array') return leaves(schema.items ?? {}, `${path}[]`);
  if (schema.type !== 'object') return [path];
  if (!schema.properties) return [path === '' ? '*' : `${path}.*`];
  return Object.entries(schema.properties).flatMap(([key, inner]) =>
    leaves(inner, path === '' ? key : `${path}.${key}`),
  );
}
