// Tests of the platform's boundary: a planted column and a planted field are seen, and so is a class without a field.

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bodyFields, compare, tableColumns } from './platform-boundary.ts';

const classes = { orgs: { id: 'id', slug: 'name' } };

describe('the boundary of the platform', () => {
  it('is quiet when both sides say the same', () => {
    const found = tableColumns([
      'create table orgs (\n  id uuid primary key,\n  slug text,\n  primary key (id)\n);',
    ]);
    expect(compare('column', found, classes)).toEqual([]);
  });

  it.each([
    [
      'a new column',
      'create table orgs (\n  id uuid,\n  slug text,\n  prompt text\n);',
      'orgs.prompt is not classed',
    ],
    [
      'an added column',
      'create table orgs (\n  id uuid,\n  slug text\n);\nalter table orgs add column memory text;',
      'orgs.memory is not classed',
    ],
    [
      'a new table',
      'create table orgs (\n  id uuid,\n  slug text\n);\ncreate table notes (\n  body text\n);',
      'notes.body is not classed',
    ],
    ['a class without a column', 'create table orgs (\n  id uuid\n);', 'orgs.slug does not exist'],
  ])('turns red on %s', (_, sql, message) => {
    expect(compare('column', tableColumns([sql]), classes).map((violation) => violation.message)).toEqual([
      `column ${message}`,
    ]);
  });

  it('turns red on a field that a request body gains, at any depth', () => {
    const body = z.object({ slug: z.string(), events: z.array(z.object({ note: z.string().nullish() })) });
    const found = bodyFields({ sendThing: { name: 'sendThing', policy: 'tenant', body }, other: 1 });
    expect(
      compare('request field', found, { sendThing: { slug: 'persist' } }).map(({ message }) => message),
    ).toEqual(['request field sendThing.events[].note is not classed']);
  });
});
