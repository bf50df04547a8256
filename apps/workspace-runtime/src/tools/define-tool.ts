// Define tool: a tool whose input is checked before it runs; bad input is answered in words, as models need it.

import type { z } from 'zod';
import type { Tool, Turn } from '../engines/engine.ts';

export interface ToolContext {
  signal: AbortSignal;
  turn: Turn;
}

export function defineTool<S extends z.ZodObject>(tool: {
  name: string;
  description: string;
  input: S;
  run(input: z.output<S>, context: ToolContext): Promise<string>;
}): Tool {
  return {
    name: tool.name,
    description: tool.description,
    input: tool.input,
    run: async (input, context) => {
      const parsed = tool.input.safeParse(input);
      if (!parsed.success) {
        const issue = parsed.error.issues[0]!;
        return `Error: ${tool.name}: ${issue.path.join('.') || 'input'}: ${issue.message}`;
      }
      return await tool.run(parsed.data, context);
    },
  };
}
