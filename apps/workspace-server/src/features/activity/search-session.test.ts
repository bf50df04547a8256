// Session search: rows of several sources stand in one order, and no character of a text is taken for a wildcard.

import { describe, expect, it } from 'vitest';
import { containsPattern, jsonSpellings, type SessionRow, searchSession } from './search-session.ts';

const row = (kind: SessionRow['kind'], createdAt: number): SessionRow => ({
  kind,
  id: `${kind}-${createdAt}`,
  workspaceId: 'w',
  label: '',
  content: '',
  method: null,
  status: null,
  createdAt,
  requestBody: null,
  responseBody: null,
});
const source = (...rows: SessionRow[]) => ({ search: async () => rows });

describe('a session search', () => {
  it('joins its sources newest first and keeps to the limit', async () => {
    const found = await searchSession(
      [
        source(row('activity', 9), row('activity', 5), row('activity', 1)),
        source(row('memory', 7), row('memory', 5)),
      ],
      { workspaceId: 'w', text: '', limit: 4 },
    );
    expect(found.map(({ id }) => id)).toEqual(['activity-9', 'memory-7', 'activity-5', 'memory-5']);
  });

  it('escapes what LIKE takes for wildcards', () => {
    expect(containsPattern('50%_\\x')).toBe('%50\\%\\_\\\\x%');
    expect(containsPattern('')).toBe('%%');
  });

  it('spells a text as JSON does, with and without characters beyond ASCII', () => {
    expect(jsonSpellings('a "café"\n')).toEqual(['a \\"café\\"\\n', 'a \\"caf\\u00e9\\"\\n']);
  });
});
