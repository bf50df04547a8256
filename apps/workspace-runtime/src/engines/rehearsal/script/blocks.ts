// Blocks: named parts inside a plain task text, so that a document and what to do with it travel in one message that
// people and models can read too.
//
//   B1. What was written as a block is read back unchanged, whatever it contains.

const MARKER = /^\\*--- (?:begin|end) [a-z_]{1,40} ---$/;
/** One more backslash is added to each line that looks like a marker, and one is taken away on reading. */
const ESCAPED = /^\\+--- (?:begin|end) [a-z_]{1,40} ---$/;

export function writeBlock(name: string, text: string): string {
  const lines = text.split('\n').map((line) => (MARKER.test(line) ? `\\${line}` : line));
  return [`--- begin ${name} ---`, ...lines, `--- end ${name} ---`].join('\n');
}

/** The content of the first block of that name; null when there is none, or when it is never closed. */
export function readBlock(name: string, message: string): string | null {
  const lines = message.split('\n');
  const begin = lines.indexOf(`--- begin ${name} ---`);
  if (begin === -1) return null;
  const end = lines.indexOf(`--- end ${name} ---`, begin + 1);
  if (end === -1) return null;
  return lines
    .slice(begin + 1, end)
    .map((line) => (ESCAPED.test(line) ? line.slice(1) : line))
    .join('\n');
}
