// Registry: every operation that a script may name. The list is the whole power of the language.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { checkArithmetic } from './arithmetic.ts';
import { countText, paragraphsOf, sentenceList } from './counts.ts';
import { dateProblems, listDates } from './dates.ts';
import { type Operation, operation, operationWith } from './operation.ts';
import {
  checkableSentences,
  listEmails,
  listNames,
  listNumbers,
  listQuotations,
  listUrls,
} from './patterns.ts';
import { isEnglish, readability } from './readability.ts';
import {
  headingProblems,
  headingsOf,
  linksOf,
  sectionsOf,
  titleOf,
  unbalancedMarks,
  undefinedAcronyms,
} from './structure.ts';
import { frequentTerms, summarySentences } from './terms.ts';
import {
  longSentences,
  mixedSpellings,
  passiveHints,
  repeatedWords,
  spacingSlips,
  vagueClaims,
  wordyPhrases,
} from './wording.ts';

const count = z.number().int().min(1).max(1000);

export const OPERATIONS = {
  arithmetic: operation('Does stated percentages and table totals again', checkArithmetic),
  checkable_sentences: operation('Sentences with a number, quotation or address', checkableSentences),
  checksum: operation('SHA-256 of the text, in hexadecimal', (text) =>
    createHash('sha256').update(text, 'utf8').digest('hex'),
  ),
  count: operation('Characters, words, sentences, paragraphs, lines, reading minutes', countText),
  date_problems: operation('Days that do not exist, wrong weekdays, ambiguous dates', dateProblems),
  dates: operation('Every date with its ISO day', listDates),
  emails: operation('E-mail addresses', listEmails),
  frequent_terms: operationWith(
    'The most used words, stop words left out',
    z.strictObject({ least: count.default(2), most: count.default(10) }),
    frequentTerms,
  ),
  heading_problems: operation('Headings that skip a level', headingProblems),
  headings: operation('Markdown headings with their level', headingsOf),
  is_english: operation('Whether the share of English function words is that of English', isEnglish),
  links: operation('Markdown links with their targets', linksOf),
  long_sentences: operationWith(
    'Sentences of more words than the option says',
    z.strictObject({ words: count.default(30) }),
    longSentences,
  ),
  mixed_spellings: operation('British and American spellings of one word', mixedSpellings),
  names: operation('Runs of capitalised words, counted', listNames),
  numbers: operation('Every number outside dates, with its kind', listNumbers),
  paragraphs: operation('Paragraphs of prose', paragraphsOf),
  passive_hints: operation('Places that may be in the passive voice', passiveHints),
  quotations: operation('What stands in double quotation marks', listQuotations),
  readability: operation('Flesch reading ease and grade; English only', readability),
  repeated_words: operation('The same word twice in a row', repeatedWords),
  sections: operation('Parts of the text under their headings', sectionsOf),
  sentences: operation('Sentences of the prose', sentenceList),
  spacing: operation('Doubled blanks, blanks before punctuation', spacingSlips),
  summary: operationWith(
    'The weightiest sentences as they stand (extractive)',
    z.strictObject({ sentences: count.max(50).default(3) }),
    summarySentences,
  ),
  title: operation('The first heading, or the start of the text', titleOf),
  unbalanced: operation('Brackets and quotation marks without a partner', unbalancedMarks),
  undefined_acronyms: operation('Acronyms that the text does not explain', undefinedAcronyms),
  urls: operation('Web addresses', listUrls),
  vague_claims: operation('Claims that lean on nobody in particular', vagueClaims),
  wordy_phrases: operation('Phrases that have a shorter form', wordyPhrases),
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

export function findOperation(name: string): Operation | undefined {
  return Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name as OperationName] : undefined;
}
