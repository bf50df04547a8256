// Arithmetic: does the sum again wherever a text states both a result and what it was made of.
//
//   A1. A stated percentage is right when it is the true one rounded to the digits as written.
//   A2. A sum that can not be read without doubt is not judged, and not counted as checked.

import { lineCounter } from '../text/lines.ts';
import { isTableRow, isTableRule } from '../text/mask.ts';
import { numeralsIn } from '../text/numerals.ts';
import { sentencesOf } from '../text/sentences.ts';
import { showNumber } from '../text/show-number.ts';
import type { Finding, Value } from './operation.ts';

interface Check {
  offset: number;
  text: string;
  /** Null when the sum is right. */
  problem: string | null;
}

const PERCENT = '(\\d{1,3}(?:\\.\\d{1,3})?)\\s?(?:%|per\\s?cent|percent)';
const COUNT = '(\\d{1,3}(?:,\\d{3})+|\\d{1,9})';
const SHARE_THEN_PERCENT = new RegExp(
  `(?<![\\d.,])${COUNT}\\s(?:out\\s)?of\\s(?:the\\s|all\\s|its\\s|our\\s)?${COUNT}(?![\\d%]|\\.\\d)[^.;:)\\d%]{0,40}${PERCENT}`,
  'gi',
);
const PERCENT_THEN_SHARE = new RegExp(
  `(?<![\\d.,])${PERCENT}[^.;:\\d%]{0,20}\\(${COUNT}\\s(?:out\\s)?of\\s(?:the\\s)?${COUNT}(?![\\d%])`,
  'gi',
);
const CHANGE = new RegExp(
  `\\bfrom\\s[$€£]?${COUNT}(?:\\s[a-z]{2,20}){0,2}\\sto\\s[$€£]?${COUNT}(?![\\d%]|\\.\\d)[^.;:\\d%]{0,60}${PERCENT}`,
  'gi',
);

const SCALE_WORD = /\b(?:thousand|million|billion|bn)\b/i;
const CHANGE_WORD =
  /\b(?:increase|decrease|rise|fall|drop|growth|gain|loss|cut|jump|decline|up|down|more|less|fewer|higher|lower)\b/i;

export function checkArithmetic(text: string): Value {
  const lineAt = lineCounter(text);
  const checks = [...shares(text), ...changes(text), ...tableTotals(text)].sort(
    (a, b) => a.offset - b.offset,
  );
  const problems: Finding[] = [...checks.filter(isWrong), ...wholesThatMissHundred(text)]
    .sort((a, b) => a.offset - b.offset)
    .map((check) => ({
      line: lineAt(check.offset),
      text: check.text.replace(/\s+/g, ' '),
      note: check.problem ?? '',
    }));
  return { checked: checks.length, right: checks.length - checks.filter(isWrong).length, problems };
}

function shares(text: string): Check[] {
  const forward = Array.from(text.matchAll(SHARE_THEN_PERCENT), (m) => shareCheck(m, m[1]!, m[2]!, m[3]!));
  const backward = Array.from(text.matchAll(PERCENT_THEN_SHARE), (m) => shareCheck(m, m[2]!, m[3]!, m[1]!));
  return [...forward, ...backward].filter((check) => check !== null);
}

function shareCheck(match: RegExpExecArray, part: string, whole: string, percent: string): Check | null {
  if (toNumber(whole) === 0 || SCALE_WORD.test(match[0]) || isPartOfThePart(match)) return null;
  const truth = (100 * toNumber(part)) / toNumber(whole);
  return percentCheck(match, truth, percent, `${part} of ${whole} is`);
}

function changes(text: string): Check[] {
  return Array.from(text.matchAll(CHANGE), (match) => {
    const [was, is] = [toNumber(match[1]!), toNumber(match[2]!)];
    if (was === 0 || SCALE_WORD.test(match[0]) || areYears(match) || !speaksOfChange(match)) return null;
    const truth = (100 * Math.abs(is - was)) / was;
    return percentCheck(match, truth, match[3]!, `from ${match[1]} to ${match[2]} is a change of`);
  }).filter((check) => check !== null);
}

/** “3 of 12 members, 50% of them new” says nothing about 3 of 12. */
function isPartOfThePart(match: RegExpExecArray): boolean {
  return /^\sof\b/i.test(after(match)) && !/\bor\b|\(|\bis\b/i.test(match[0]);
}

function areYears(match: RegExpExecArray): boolean {
  return [match[1]!, match[2]!].every((count) => /^(?:19|20)\d\d$/.test(count));
}

function speaksOfChange(match: RegExpExecArray): boolean {
  return CHANGE_WORD.test(`${match[0]} ${after(match)}`) && !/^\sof\b/i.test(after(match));
}

function after(match: RegExpExecArray): string {
  const end = match.index + match[0].length;
  return match.input.slice(end, end + 20);
}

function percentCheck(match: RegExpExecArray, truth: number, stated: string, lead: string): Check {
  const decimals = stated.split('.')[1]?.length ?? 0;
  const isRight = Math.abs(truth - Number(stated)) <= 0.5 * 10 ** -decimals + 1e-9;
  const problem = isRight ? null : `${lead} ${Number(truth.toFixed(Math.max(1, decimals)))}%, not ${stated}%`;
  return { offset: match.index, text: match[0], problem };
}

/** Rows whose first cell says total or sum, against the rows above them. */
function tableTotals(text: string): Check[] {
  const checks: Check[] = [];
  let rows: string[][] = [];
  let offset = 0;
  for (const line of text.split('\n')) {
    if (!isTableRow(line)) rows = [];
    else if (!isTableRule(line)) {
      const cells = line
        .trim()
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.replace(/\*/g, '').trim());
      if (/^(?:grand\s)?(?:total|sum)\b/i.test(cells[0] ?? ''))
        checks.push(...totalChecks(rows, cells, offset));
      else rows.push(cells);
    }
    offset += line.length + 1;
  }
  return checks;
}

function totalChecks(rows: string[][], total: string[], offset: number): Check[] {
  const checks: Check[] = [];
  for (let column = 1; column < total.length; column++) {
    const stated = cellNumber(total[column]!);
    const parts = rows.slice(1).map((row) => cellNumber(row[column] ?? ''));
    if (stated === null || parts.length < 2 || parts.some((part) => part === null)) continue;
    const sum = Number(parts.reduce<number>((whole, part) => whole + part!, 0).toFixed(6));
    const name = rows[0]?.[column] || `column ${column + 1}`;
    const problem =
      sum === stated ? null : `the rows of “${name}” add up to ${showNumber(sum)}, not ${total[column]}`;
    checks.push({ offset, text: `${total[0]} of “${name}”: ${total[column]}`, problem });
  }
  return checks;
}

/** Three or more percentages in one sentence that come near 100 but do not make it: a hint, not a verdict. */
function wholesThatMissHundred(text: string): Check[] {
  return sentencesOf(text).flatMap((sentence) => {
    const percents = numeralsIn(sentence.text).filter((numeral) => numeral.kind === 'percent');
    const sum = Number(percents.reduce((whole, percent) => whole + percent.value, 0).toFixed(3));
    const slack = percents.reduce((whole, percent) => whole + 0.5 * 10 ** -percent.decimals, 0);
    if (percents.length < 3 || sum < 90 || sum > 110 || Math.abs(sum - 100) <= slack) return [];
    const listed = percents.map((percent) => percent.text).join(', ');
    return [
      {
        offset: sentence.offset + percents[0]!.offset,
        text: listed,
        problem: `these add up to ${sum}%, if they are parts of one whole`,
      },
    ];
  });
}

function isWrong(check: Check): check is Check & { problem: string } {
  return check.problem !== null;
}

function cellNumber(cell: string): number | null {
  const found = numeralsIn(cell);
  return found.length === 1 && found[0]!.text.trim() === cell ? found[0]!.value : null;
}

function toNumber(written: string): number {
  return Number(written.replaceAll(',', ''));
}
