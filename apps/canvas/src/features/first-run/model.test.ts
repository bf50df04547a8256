// The first steps of a new person.

import { describe, expect, it } from 'vitest';
import { advance, nextStep, parseProgress, type Seen } from './model.ts';

const NOTHING: Seen = {
  hasRoleOpen: false,
  hasAsked: false,
  hasHop: false,
  hasAnswer: false,
  hasActivityOpen: false,
  hasPaletteOpen: false,
};

describe('the first steps', () => {
  it('stay where they are until the thing itself happens', () => {
    expect(advance('open', NOTHING)).toBe('open');
    expect(advance('open', { ...NOTHING, hasPaletteOpen: true, hasAnswer: true })).toBe('open');
    expect(advance('open', { ...NOTHING, hasRoleOpen: true })).toBe('ask');
  });

  it('pass over what has happened already', () => {
    expect(advance('open', { ...NOTHING, hasRoleOpen: true, hasAsked: true })).toBe('watch');
  });

  it('take an answer for watched where nobody else is asked', () => {
    expect(advance('watch', { ...NOTHING, hasAnswer: true })).toBe('look');
    expect(advance('watch', { ...NOTHING, hasHop: true })).toBe('look');
  });

  it('end only when a person closes them, and stay ended', () => {
    const all = Object.fromEntries(Object.keys(NOTHING).map((key) => [key, true])) as unknown as Seen;
    expect(advance('open', all)).toBe('done');
    expect(nextStep('done')).toBe('ended');
    expect(advance('ended', all)).toBe('ended');
  });

  it.each([
    [null, 'open'],
    ['rubbish', 'open'],
    ['look', 'look'],
    ['ended', 'ended'],
  ])('are read from %j as %s', (text, progress) => {
    expect(parseProgress(text)).toBe(progress);
  });
});
