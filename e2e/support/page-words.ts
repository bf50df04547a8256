// Page words: what the open page shows that came from no catalogue, when it speaks the pseudo-language, and what does not fit.

import type { Page } from 'playwright-core';
import german from '../../apps/canvas/src/languages/catalogues/de.json';
import english from '../../apps/canvas/src/languages/catalogues/en.json';
import chinese from '../../apps/canvas/src/languages/catalogues/zh-Hans.json';
import { pseudoMessage } from '../../apps/canvas/src/languages/pseudo.ts';

const CATALOGUES = { en: english, de: german, 'zh-Hans': chinese };

/** The message of a key that takes no arguments. */
export function wordsOf(tag: keyof typeof CATALOGUES | 'en-XA', key: keyof typeof english): string {
  return tag === 'en-XA' ? pseudoMessage(english[key]) : CATALOGUES[tag][key];
}

/** Speaks that language from the next loading on. */
export async function speak(page: Page, tag: string): Promise<void> {
  await page.addInitScript(`localStorage.setItem('molecule.language', '${tag}')`);
}

/**
 * What is outside of brackets once the texts in `data`, which people and agents wrote, are taken away. Code, times, the sign
 * of the drawing library and what says of itself that it is not to be translated are no words of ours.
 */
export function unbracketed(page: Page, data: readonly string[]): Promise<string[]> {
  return page.evaluate<string[]>(`(${findUnbracketed})(${JSON.stringify(data)})`);
}

/** What a person presses, chooses or reads as a heading and that is cut off or out of the window. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(${findCutOff})()`);
}

// Both run in the page, so they are kept as text: this program has no page of its own.

const findUnbracketed = `function (data) {
  const skipped = 'code, pre, time, kbd, noscript, script, style, .react-flow__attribution, [translate="no"]';
  const bare = (text) => {
    let left = text;
    for (const known of data) left = left.replaceAll(known, '');
    for (let before = ''; before !== left; ) {
      before = left;
      left = left.replace(/\\[[^[\\]]*\\]/g, '');
    }
    return left;
  };
  const found = new Set();
  const check = (text, where) => {
    if (/\\p{L}{2}/u.test(bare(text))) found.add(where + ': ' + text.trim().replace(/\\s+/g, ' ').slice(0, 120));
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const blocks = new Set();
  while (texts.nextNode()) {
    let at = texts.currentNode.parentElement;
    if (!at || !/\\p{L}/u.test(texts.currentNode.data) || at.closest(skipped) || !at.checkVisibility({ visibilityProperty: true })) continue;
    while (at.parentElement !== document.body && /^(inline|contents)$/.test(getComputedStyle(at).display)) at = at.parentElement;
    blocks.add(at);
  }
  for (const block of blocks) {
    const copy = block.cloneNode(true);
    for (const each of copy.querySelectorAll(skipped)) each.remove();
    check(copy.textContent, block.tagName.toLowerCase());
  }
  for (const element of document.querySelectorAll('[aria-label], [aria-roledescription], [title], [placeholder], [alt]')) {
    if (element.closest(skipped)) continue;
    for (const name of ['aria-label', 'aria-roledescription', 'title', 'placeholder', 'alt']) {
      const text = element.getAttribute(name);
      if (text) check(text, name);
    }
  }
  return [...found];
}`;

const findCutOff = `function () {
  const found = [];
  for (const element of document.querySelectorAll('button, [role="tab"], h1, h2, h3, legend, label, summary, dt')) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest('.react-flow__viewport')) continue;
    const box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) continue;
    const isCut = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible';
    const isSpilt = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline';
    const isTall = /^BUTTON$/.test(element.tagName) && element.scrollHeight > element.clientHeight + 1;
    const isOut = box.left < -1 || box.right > innerWidth + 1;
    if (isCut || isSpilt || isTall || isOut) found.push(element.tagName.toLowerCase() + ': ' + element.textContent.slice(0, 80));
  }
  return found;
}`;
