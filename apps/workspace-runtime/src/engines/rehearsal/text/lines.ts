// Lines: from a position in a text to its line number, so that a finding can say where it stands.

export interface Located {
  text: string;
  /** Position in the whole text, in UTF-16 units. */
  offset: number;
}

/** A function that tells the line (from 1) of a position; built once per text, then logarithmic. */
export function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** The words around a position, on its own line, for showing what a lone mark stands between. */
export function around(text: string, offset: number, chars: number): string {
  const window = text.slice(Math.max(0, offset - chars), offset);
  const before = window.slice(window.lastIndexOf('\n') + 1);
  const after = text.slice(offset, offset + chars).split('\n')[0]!;
  const isCut = before.length === chars && offset > chars;
  return `${isCut ? before.replace(/^\S{0,20}\s/, '') : before}${after}`.replace(/\s+/g, ' ').trim();
}

/** One line of text, cut to at most `maxChars`, for showing where something was found. */
export function excerpt(text: string, maxChars: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length <= maxChars ? flat : `${flat.slice(0, Math.max(0, maxChars - 1)).trimEnd()}…`;
}
