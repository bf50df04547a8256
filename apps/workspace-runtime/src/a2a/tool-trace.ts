// Tool trace: what a turn did with its tools, short enough to travel with the answer.

export interface ToolTraceEntry {
  tool: string;
  input: string;
  output_preview: string;
}

export const TRACE_ENTRIES = 200;
export const TRACE_INPUT_CHARS = 500;
export const TRACE_OUTPUT_CHARS = 300;

export class ToolTrace {
  readonly entries: ToolTraceEntry[] = [];
  readonly #open = new Map<string, ToolTraceEntry>();

  called(id: string, tool: string, input: unknown): void {
    if (this.entries.length >= TRACE_ENTRIES) return;
    const entry = { tool, input: preview(input, TRACE_INPUT_CHARS), output_preview: '' };
    this.entries.push(entry);
    this.#open.set(id, entry);
  }

  answered(id: string, output: string): void {
    const entry = this.#open.get(id);
    if (!entry) return;
    entry.output_preview = output.slice(0, TRACE_OUTPUT_CHARS);
    this.#open.delete(id);
  }
}

export function preview(value: unknown, chars: number): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, chars);
}
