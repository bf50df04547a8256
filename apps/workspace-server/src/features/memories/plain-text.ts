// Plain text: a text without what two people may write differently: case, accents, width and runs of spaces.

export function plainText(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}
