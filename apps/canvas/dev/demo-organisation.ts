// Demo organisation: the roles that the fake tenant plays, and the words they say.

export interface DemoRole {
  name: string;
  role: string;
  reportsTo: string | null;
  /** What it answers in the scripted run. */
  says: string;
}

export const DEMO_ROLES: readonly DemoRole[] = [
  {
    name: 'Managing Editor',
    role: 'Takes a text from you, splits its review among the leads, and hands back one report',
    reportsTo: null,
    says: '',
  },
  {
    name: 'Facts Lead',
    role: 'Has the facts and figures of a text checked, and reports what does not hold',
    reportsTo: 'Managing Editor',
    says: 'Two figures do not hold, four statements need a source.',
  },
  {
    name: 'Fact Finder',
    role: 'Lists what a person would have to verify - dates, names, quotations, addresses, vague claims',
    reportsTo: 'Facts Lead',
    says: '4 statements to verify: two dates, one quotation, one vague claim.',
  },
  {
    name: 'Numbers Checker',
    role: 'Does stated percentages, table totals and calendar dates again',
    reportsTo: 'Facts Lead',
    says: 'The column total says 1,240; the rows add up to 1,204.',
  },
  {
    name: 'Language Lead',
    role: 'Has the wording of a text examined, and reports what makes it hard to read',
    reportsTo: 'Managing Editor',
    says: 'Readable, with three sentences over 40 words.',
  },
  {
    name: 'Style Checker',
    role: 'Finds repeated words, long sentences, wordy phrases, passive voice and lone brackets',
    reportsTo: 'Language Lead',
    says: '3 long sentences, 2 repeated words, 1 lone bracket.',
  },
  {
    name: 'Readability Analyst',
    role: 'Measures length, reading time and the Flesch reading ease of English texts',
    reportsTo: 'Language Lead',
    says: '612 words, 3 minutes, Flesch 58.',
  },
  {
    name: 'Terms Indexer',
    role: 'Lists headings, links, frequent terms and acronyms that are never explained',
    reportsTo: 'Language Lead',
    says: 'SLA and RPO are never explained.',
  },
  {
    name: 'Report Assembler',
    role: "Puts the leads' findings and a short extract together into one report",
    reportsTo: 'Managing Editor',
    says: 'The report is assembled: 4 sections, 11 findings.',
  },
];

export const DEMO_REPORT = `# Review of “Quarterly report”

**2 leads reported; 2 slips to correct.**

## Correct first

- **Correct** the column total says 1,240; the rows add up to 1,204.
- **Correct** 3 March 2024 was a Sunday, not a Monday.

## Measures

| What | Value |
| --- | --- |
| Words | 612 |
| Reading time | 3 minutes |
| Flesch reading ease | 58 |

Nobody judged whether the text is good: these are counts and checks only.
`;
