// Fake model provider, Google: POST /v1beta/models/<model>:generateContent and :streamGenerateContent, functionCall included.

import type { PlainReply, WireProtocol } from './fake-model-script.ts';

type Json = Record<string, unknown>;
interface Part {
  text?: string;
  functionResponse?: { name: string; response: unknown };
}
interface Content {
  role?: string;
  parts: Part[];
}

const PATH = /\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

export const googleProtocol: WireProtocol = {
  name: 'google',
  matches: (path) => PATH.test(path),
  readKey: (headers) => (headers['x-goog-api-key'] as string) || null,
  read: (path, body) => {
    const contents = body.contents as Content[] | undefined;
    if (!Array.isArray(contents) || contents.length === 0) return 'contents is not specified';
    const [, model, method] = PATH.exec(path)!;
    const parts = contents.flatMap((content) => content.parts.map((part) => ({ role: content.role, part })));
    const declared = (body.tools as { functionDeclarations?: { name: string }[] }[] | undefined) ?? [];
    return {
      isStreaming: method === 'streamGenerateContent',
      model: model!,
      toolResults: parts
        .filter(({ part }) => part.functionResponse)
        .map(({ part }) => JSON.stringify(part.functionResponse!.response)),
      lastUserText: parts.findLast(({ role, part }) => role === 'user' && part.text)?.part.text ?? '',
      system: ((body.systemInstruction as Content | undefined)?.parts ?? [])
        .map((part) => part.text ?? '')
        .join('\n'),
      toolNames: declared.flatMap((tool) => tool.functionDeclarations ?? []).map((tool) => tool.name),
    };
  },
  whole: (reply) => chunk([...reply.texts.map((text) => ({ text })), ...calls(reply)], reply, 'STOP'),
  events: (reply) => [
    ...reply.texts.map((text) => ({ data: chunk([{ text }], reply, null) })),
    { data: chunk(calls(reply), reply, 'STOP') },
  ],
  error: (status, message) => ({
    error: { code: status, message, status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'INTERNAL' },
  }),
};

function calls(reply: PlainReply): Json[] {
  return reply.tools.map(({ name, input }) => ({ functionCall: { name, args: input } }));
}

function chunk(parts: Json[], reply: PlainReply, finishReason: string | null): Json {
  const { input, output } = reply.usage;
  return {
    candidates: [
      {
        content: { role: 'model', parts: parts.length > 0 ? parts : [{ text: '' }] },
        index: 0,
        ...(finishReason ? { finishReason } : {}),
      },
    ],
    usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input + output },
    modelVersion: 'fake',
  };
}
