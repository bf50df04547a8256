// Parse script: from the text of rehearsal.yaml to a script that can run, or to the file, line, place and fix.

import { type Document, LineCounter, parseDocument } from 'yaml';
import { EngineFailure } from '../../engine-failure.ts';
import { checkNames } from './check-names.ts';
import { SCRIPT_BOUNDS, type Script, scriptSchema } from './schema.ts';

/** Throws an EngineFailure with one sentence for the person who can mend the file. */
export function parseScript(source: string, file: string): Script {
  if (Buffer.byteLength(source) > SCRIPT_BOUNDS.fileBytes) {
    throw new EngineFailure(`${file} is larger than ${SCRIPT_BOUNDS.fileBytes} bytes; shorten the script`);
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const broken = document.errors[0];
  if (broken) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new EngineFailure(
      `${file}, line ${line}, column ${col}: ${broken.message.split('\n')[0]}; mend the YAML there`,
    );
  }
  const parsed = scriptSchema.safeParse(plainValue(document, file));
  const problem = parsed.success ? checkNames(parsed.data)[0] : parsed.error.issues[0];
  if (problem) throw new EngineFailure(describe(file, document, lines, problem));
  return parsed.data!;
}

/** An alias without its anchor, or aliases that multiply, are noticed only here. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new EngineFailure(`${file}: ${error.message}; mend the YAML alias`);
  }
}

function describe(
  file: string,
  document: Document,
  lines: LineCounter,
  problem: { path: readonly PropertyKey[]; message: string },
): string {
  const { line, col } = lines.linePos(startOf(document, problem.path));
  const place = problem.path.length === 0 ? 'the script' : problem.path.map(String).join('.');
  return `${file}, line ${line}, column ${col}, ${place}: ${problem.message}`;
}

/** Where the nearest node that exists on the way to the problem begins. */
function startOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] } | null | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}
