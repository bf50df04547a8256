// The part of the board that is drawn.

import { describe, expect, it } from 'vitest';
import { boundsOf, nextWindow, SMALL_CHART, seenOf, touches } from './board-window.ts';

const MANY = SMALL_CHART + 1;
const seen = (x: number, y: number, zoom: number) => seenOf([x, y, zoom], 1000, 500);

describe('the window', () => {
  it('is wider than what is seen, in the units of the board', () => {
    expect(nextWindow(null, seen(-100, 0, 0.5), MANY)).toEqual({
      rect: { x: 200 - 600, y: -300, width: 3200, height: 1600 },
      zoom: 0.5,
      isPicture: false,
    });
  });

  it('stays while what is seen stays inside, and moves when it leaves', () => {
    const first = nextWindow(null, seen(0, 0, 1), MANY);
    expect(nextWindow(first, seen(-290, 0, 1), MANY)).toBe(first);
    expect(nextWindow(first, seen(-310, 0, 1), MANY).rect.x).toBe(310 - 300);
  });

  it('stays while somebody comes nearer, until it is far too wide', () => {
    const first = nextWindow(null, seen(0, 0, 0.6), MANY);
    expect(nextWindow(first, seen(0, 0, 0.7), MANY)).toBe(first);
    expect(nextWindow(first, seen(0, 0, 2), MANY)).not.toBe(first);
  });

  it('becomes a picture where cards can not be read, drawn for one zoom, and for a large chart alone', () => {
    const near = nextWindow(null, seen(0, 0, 0.5), MANY);
    const far = nextWindow(near, seen(0, 0, 0.4), MANY);
    expect([near.isPicture, far.isPicture]).toEqual([false, true]);
    expect(nextWindow(far, seen(-10, 0, 0.4), MANY)).toBe(far);
    expect(nextWindow(far, seen(0, 0, 0.41), MANY).zoom).toBe(0.41);
    expect(nextWindow(null, seen(0, 0, 0.1), SMALL_CHART).isPicture).toBe(false);
  });
});

describe('touches', () => {
  it.each([
    [{ x: -264, y: -112 }, true],
    [{ x: -265, y: 0 }, false],
    [{ x: 100, y: 100 }, true],
    [{ x: 101, y: 0 }, false],
  ])('a card at %j: %s', (card, expected) => {
    expect(touches({ x: 0, y: 0, width: 100, height: 100 }, card)).toBe(expected);
  });
});

describe('boundsOf', () => {
  it('spans all cards, and is one card without any', () => {
    const placement = new Map([
      ['a', { x: -10, y: 5 }],
      ['b', { x: 300, y: 200 }],
    ]);
    expect(boundsOf(placement)).toEqual({ x: -10, y: 5, width: 574, height: 307 });
    expect(boundsOf(new Map())).toEqual({ x: 0, y: 0, width: 264, height: 112 });
  });
});
