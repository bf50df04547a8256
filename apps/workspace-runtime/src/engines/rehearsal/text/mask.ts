// Mask: blanks out what is not prose in a Markdown text, keeping every position and line where it was.
//
//   M1. The masked text has the length of the original and the same line breaks.

const ADDRESS =
  /\b(?:https?:\/\/|www\.)[^\s<>()[\]"'`]{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g;
const INLINE_CODE = /`[^`\n]{1,2000}`/g;
const LINK = /(!?\[)([^[\]\n]{0,500})(\]\([^()\n]{0,2000}\))/g;

/** Stands where code and addresses were: no blank, so that the words around it do not become neighbours. */
const GAP = '\u0002';
/** Stands where a list item begins, so that two items are never read as one sentence. */
export const ITEM_START = '\u0001';

export interface MaskOptions {
  /** Headings and table rows are words but no sentences. */
  keepHeadings?: boolean;
}

/** The prose of a text: no code, no addresses, no Markdown marks; with headings only when asked for. */
export function maskToProse(text: string, options: MaskOptions = {}): string {
  let isInFence = false;
  const lines = text.split('\n').map((line) => {
    if (/^\s{0,3}(?:```|~~~)/.test(line)) {
      isInFence = !isInFence;
      return blank(line);
    }
    return isInFence ? blank(line) : maskLine(line, options.keepHeadings ?? false);
  });
  return lines.join('\n');
}

function maskLine(line: string, keepHeadings: boolean): string {
  if (isTableRow(line))
    return keepHeadings && !isTableRule(line) ? maskInline(line.replaceAll('|', ' ')) : blank(line);
  const heading = /^\s{0,3}#{1,6}\s/.exec(line);
  if (heading) return keepHeadings ? maskInline(blankStart(line, heading[0].length)) : blank(line);
  const mark = /^\s*(?:>\s?)*([-*+]\s+|\d{1,3}[.)]\s+)?/.exec(line);
  const masked = maskInline(blankStart(line, mark?.[0].length ?? 0));
  return mark?.[1] ? `${ITEM_START}${masked.slice(1)}` : masked;
}

function maskInline(line: string): string {
  return line
    .replace(INLINE_CODE, gap)
    .replace(LINK, (_, open: string, text: string, target: string) => blank(open) + text + gap(target))
    .replace(ADDRESS, gap)
    .replace(/[*_#]{1,3}/g, blank);
}

/** The rule under a table's head: `| --- | :-: |`. */
export function isTableRule(line: string): boolean {
  return isTableRow(line) && /^[\s|:-]+$/.test(line);
}

export function isTableRow(line: string): boolean {
  const row = line.trim();
  return row.length > 1 && row.startsWith('|') && row.endsWith('|');
}

function blankStart(line: string, chars: number): string {
  return ' '.repeat(chars) + line.slice(chars);
}

function blank(piece: string): string {
  return ' '.repeat(piece.length);
}

/** Hides a piece, but for the full stop that ends a sentence after an address. */
function gap(piece: string): string {
  const isStopped = /[.!?]$/.test(piece) && /^(?:https?:|www\.)/.test(piece);
  return isStopped ? GAP.repeat(piece.length - 1) + piece.at(-1) : GAP.repeat(piece.length);
}
