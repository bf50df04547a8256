// Unsent tests: leaving asks only while something written would be lost.

import { describe, expect, it } from 'vitest';
import { hasUnsent, warnOfUnsent } from './unsent.ts';

const leave = (page: EventTarget) => !page.dispatchEvent(new Event('beforeunload', { cancelable: true }));

describe('unsent text', () => {
  it('is text in any conversation, and blanks are none', () => {
    expect(hasUnsent({})).toBe(false);
    expect(hasUnsent({ a: { draft: '' }, b: { draft: ' \n' } })).toBe(false);
    expect(hasUnsent({ a: { draft: '' }, b: { draft: 'Look at this' } })).toBe(true);
  });

  it('makes leaving ask until it is sent or the watch ends', () => {
    const page = new EventTarget();
    let threads = { a: { draft: 'Look at this' } };
    const end = warnOfUnsent(page, () => threads);
    expect(leave(page)).toBe(true);
    threads = { a: { draft: '' } };
    expect(leave(page)).toBe(false);
    threads = { a: { draft: 'More' } };
    end();
    expect(leave(page)).toBe(false);
  });
});
