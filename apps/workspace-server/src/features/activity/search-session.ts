// Search session: what a workspace did and remembers, by a text. Each kind of row comes from a source of its own; the
// newest rows of all of them are the answer.

export interface SessionQuery {
  workspaceId: string;
  /** Trimmed; empty finds the most recent rows. */
  text: string;
  limit: number;
}

export interface SessionRow {
  kind: 'activity' | 'memory';
  id: string;
  workspaceId: string;
  label: string;
  content: string;
  method: string | null;
  status: string | null;
  /** Epoch milliseconds. */
  createdAt: number;
  /** Null when there is none. */
  requestBody: unknown;
  responseBody: unknown;
}

export interface SessionSource {
  /** Rows that contain the text, whatever its case, newest first, at most `limit`. */
  search(query: SessionQuery): Promise<SessionRow[]>;
}

export async function searchSession(
  sources: readonly SessionSource[],
  query: SessionQuery,
): Promise<SessionRow[]> {
  const found = await Promise.all(sources.map((source) => source.search(query)));
  if (found.length === 1) return found.flat();
  return found
    .flat()
    .sort((a, b) => b.createdAt - a.createdAt)
    .slice(0, query.limit);
}

/** The text as it is, in small and in capital letters: the database may know the case of ASCII letters only. */
export function caseSpellings(text: string): string[] {
  return [...new Set([text, text.toLowerCase(), text.toUpperCase()])];
}

/** A LIKE pattern that finds the text anywhere and takes none of its characters for a wildcard. */
export function containsPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** The text as it may stand inside stored JSON: as it is, or with everything beyond ASCII escaped, as Python writes it. */
export function jsonSpellings(text: string): [plain: string, ascii: string] {
  const plain = JSON.stringify(text).slice(1, -1);
  const ascii = plain.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [plain, ascii];
}
