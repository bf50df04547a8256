// Proves the demo organisation: the real template, every role an engine of its own, joined by the chart's rule.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfigFile } from '../../load-config-file.ts';
import {
  eventsOf,
  InMemoryOrganisation,
  type OrganisationOptions,
  testConfig,
  textOf,
} from './in-memory-organisation.ts';
import { rehearsalEngine } from './rehearsal-engine.ts';
import { MARK } from './speech.ts';

const TEMPLATES = join(import.meta.dirname, '../../../../../templates');
const REVIEW_DESK = join(TEMPLATES, 'orgs/review-desk');
const review = async (text: string, options: OrganisationOptions = {}) => {
  const organisation = await InMemoryOrganisation.load(REVIEW_DESK, options);
  return { organisation, report: await textOf(organisation.run('Managing Editor', text)) };
};
const DEADLINE_MS = 15_000;
const section = (report: string, heading: string) =>
  report
    .split(`\n${heading}\n`)[1]
    ?.split(/\n#{1,6} /)[0]
    ?.trim();

const KNOWN_TEXT = `Please review this:

# Trial of the night bus

The trial began on Sunday, 4 May 2025. In all, 30 of 120 residents (20%) rode the the bus. Some say it was loud.
The bus was paid for by the town in order to help shift workers. The QZX was not asked (twice.
`;

describe('the review desk', () => {
  it('reports what is right and wrong with a known text, and nothing else', async () => {
    const { report } = await review(KNOWN_TEXT);
    expect(section(report, '## Correct first')).toBe(
      [
        '- **Correct** line 3: “30 of 120 residents (20%” — 30 of 120 is 25%, not 20%',
        '- **Correct** line 3: “the the” — the same word twice',
        '- **Correct** line 4: “The QZX was not asked (twice.” — ( is opened and not closed',
      ].join('\n'),
    );
    expect(report).toContain('# Review of “Trial of the night bus”');
    expect(report).toContain('**2 leads reported; 3 slips to correct.**');
    expect(section(report, '### Fact Finder')).toContain('**Dates (1):** Sunday, 4 May 2025');
    expect(section(report, '### Fact Finder')).toContain('- line 3: “Some say” — who says so?');
    expect(section(report, '### Numbers Checker')).toContain('1 sum could be done again, 0 of them right.');
    expect(section(report, '### Style Checker')).toContain('- line 4: “in order to” — try “to”');
    expect(section(report, '### Style Checker')).toContain(
      '- line 4: “was paid” — may be passive: who does it?',
    );
    expect(section(report, '### Readability Analyst')).toContain('49 words, 5 sentences, 1 paragraph');
    expect(section(report, '### Terms Indexer')).toContain('| bus | 3 | 1 |');
    expect(section(report, '### Terms Indexer')).toContain('- line 4: “QZX” — used once, never explained');
    expect(report.match(/Findings in all: \d+/g)).toEqual(['Findings in all: 2', 'Findings in all: 6']);
    expect(report).not.toContain('Missing');
    expect(report.split(MARK)).toHaveLength(2);
  });

  it('reviews the sample that comes with it when asked for no more than that', async () => {
    const org = parse(await readFile(join(REVIEW_DESK, 'org.yaml'), 'utf8')) as {
      molecule: { suggested_task: string };
    };
    const { report } = await review(org.molecule.suggested_task);
    expect(section(report, '## Correct first')?.split('\n')).toHaveLength(9);
    expect(report).toContain('The text is the sample that comes with this role (sample.md).');
  });

  it('goes down the chart hop by hop: the editor asks the leads, the leads ask their own reports', async () => {
    const { organisation } = await review(KNOWN_TEXT);
    const hops = organisation.hops.map(({ from, to }) => `${from} > ${to}`);
    expect(new Set(hops)).toEqual(
      new Set([
        'Managing Editor > Facts Lead',
        'Managing Editor > Language Lead',
        'Managing Editor > Report Assembler',
        'Facts Lead > Fact Finder',
        'Facts Lead > Numbers Checker',
        'Language Lead > Style Checker',
        'Language Lead > Readability Analyst',
        'Language Lead > Terms Indexer',
      ]),
    );
    expect(hops).toHaveLength(8);
    expect(hops.at(-1)).toBe('Managing Editor > Report Assembler');
  });

  it('shows each delegation as a tool call with its result', async () => {
    const organisation = await InMemoryOrganisation.load(REVIEW_DESK);
    const events = await eventsOf(organisation.run('Managing Editor', KNOWN_TEXT));
    const calls = events.filter((event) => event.type === 'tool_call' && event.tool === 'delegate_task');
    const results = events.filter((event) => event.type === 'tool_result' && event.tool === 'delegate_task');
    expect(calls).toHaveLength(3);
    expect(results.map((event) => 'id' in event && event.id).sort()).toEqual(
      calls.map((event) => 'id' in event && event.id).sort(),
    );
  });

  it('carries a text to the workers unchanged, even one full of its own markers', async () => {
    const text = '--- end document ---\n--- begin document ---\n'.concat(
      'All five of us repeat repeat it. '.repeat(5),
    );
    const { report } = await review(text);
    expect(section(report, '### Style Checker')).toContain('line 3: “repeat repeat”');
    expect(section(report, '## Correct first')?.split('\n')).toHaveLength(5);
  });

  it('says which part is missing when a worker fails, and keeps the rest', async () => {
    const { report } = await review(KNOWN_TEXT, { failing: new Map([['Numbers Checker', 'it is offline']]) });
    expect(report).toContain(
      'This review is incomplete:\n\n- **Missing:** “Numbers Checker” — it is offline',
    );
    expect(report).not.toContain('### Numbers Checker');
    expect(report).not.toContain('not 20%');
    expect(report).toContain('### Fact Finder');
    expect(report).toContain('Findings in all: 1\n');
  });

  it('says that a whole lead is missing when nobody on its team reports', async () => {
    const failing = new Map([
      ['Fact Finder', 'no key'],
      ['Numbers Checker', 'no disk'],
    ]);
    const { report } = await review(KNOWN_TEXT, { failing });
    expect(report).toContain(
      '- **Missing:** “Facts Lead” — nobody on the facts team reported: no key; no disk',
    );
    expect(report).toContain('### Style Checker');
    expect(report).toContain('| Facts Lead | failed |');
  });

  it('hands over the raw reports when the assembler fails, and gives no review when both leads do', async () => {
    const raw = await review(KNOWN_TEXT, { failing: new Map([['Report Assembler', 'it is paused']]) });
    expect(raw.report).toContain('# Review of “Trial of the night bus”, not assembled');
    expect(raw.report).toContain('- **Missing:** “Report Assembler” — it is paused');
    expect(raw.report).toContain('### Numbers Checker');
    const none = await review(KNOWN_TEXT, {
      failing: new Map(['Facts Lead', 'Language Lead'].map((name) => [name, 'gone'])),
    });
    expect(none.report).toContain('I can not give you a review');
    expect(none.report).not.toContain('# Review');
    expect(none.organisation.hops).toHaveLength(2);
  });

  it('asks for a text when it gets none', async () => {
    const { organisation, report } = await review('Hello!');
    expect(report).toContain('Send me a text of at least twenty words');
    expect(organisation.hops).toEqual([]);
  });

  it('cancels all that is under way down the chart when the person cancels', async () => {
    const organisation = await InMemoryOrganisation.load(REVIEW_DESK, {
      hanging: new Set(['Numbers Checker', 'Style Checker']),
    });
    const controller = new AbortController();
    const run = textOf(organisation.run('Managing Editor', KNOWN_TEXT, controller.signal));
    const deadlineMs = performance.now() + 5_000;
    while (organisation.hops.length < 7 && performance.now() < deadlineMs) await new Promise(setImmediate);
    controller.abort(new Error('cancelled by the person'));
    await expect(run).rejects.toThrow('cancelled by the person');
    expect(organisation.aborted).toEqual(
      expect.arrayContaining(['Facts Lead', 'Language Lead', 'Numbers Checker', 'Style Checker']),
    );
    expect(organisation.hops.map((hop) => hop.to)).not.toContain('Report Assembler');
  });

  it('takes 3 to 8 seconds at the pace of its scripts, so that a person can watch', async () => {
    const clock = new VirtualClock();
    const organisation = await InMemoryOrganisation.load(REVIEW_DESK, { paceMs: null, clock });
    await clock.runUntil(textOf(organisation.run('Managing Editor', 'Review the sample text.')));
    expect(clock.now()).toBeGreaterThan(3_000);
    expect(clock.now()).toBeLessThan(8_000);
  });
});

/** Time passes only when nothing else is left to do, and then at once to the earliest wait. Deadlines never come. */
class VirtualClock implements Clock {
  #nowMs = 0;
  readonly #waits = new Set<{ atMs: number; end(): void }>();

  now(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#waits.delete(wait);
        reject(signal?.reason);
      };
      const end = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const wait = { atMs: this.#nowMs + ms, end };
      signal?.addEventListener('abort', onAbort, { once: true });
      if (ms < DEADLINE_MS) this.#waits.add(wait);
    });
  }

  async runUntil(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      for (let turn = 0; turn < 20 && !isDone; turn++) await new Promise(setImmediate);
      const next = [...this.#waits].sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) continue;
      this.#waits.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.end();
    }
    await done;
  }
}

describe('the templates', () => {
  it('have a valid script and a prompt that names every report, for each role of the review desk', async () => {
    const organisation = await InMemoryOrganisation.load(REVIEW_DESK);
    expect(organisation.members.length).toBeGreaterThanOrEqual(6);
    for (const dir of (await readdir(REVIEW_DESK, { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    )) {
      expect(rehearsalEngine.check(testConfig(join(REVIEW_DESK, dir.name), {})), dir.name).toEqual([]);
      const member = organisation.members.find(
        ({ name }) => name.toLowerCase().replaceAll(' ', '-') === dir.name,
      )!;
      const prompt = await readFile(join(REVIEW_DESK, dir.name, 'system-prompt.md'), 'utf8');
      expect(prompt).toContain(`# ${member.name}`);
      for (const report of organisation.members.filter(({ parentId }) => parentId === member.id)) {
        expect(prompt).toContain(`**${report.name}**`);
      }
    }
  });

  it('name the workspaces in their config.yaml, which the runtime can load', async () => {
    for (const id of await readdir(join(TEMPLATES, 'workspaces'))) {
      const config = await loadConfigFile(join(TEMPLATES, 'workspaces', id));
      expect(config).toMatchObject({
        name: expect.stringMatching(/\w/),
        description: expect.stringMatching(/\w/),
        tier: 2,
      });
      expect(['rehearsal', 'model']).toContain(config.runtime);
    }
  });
});
