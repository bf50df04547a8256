// Fake model provider, OpenAI Chat Completions: POST /v1/chat/completions, JSON and server-sent events, tool calls included.

import type { PlainReply, WireProtocol } from './fake-model-script.ts';

type Json = Record<string, unknown>;
interface ChatMessage {
  role: string;
  content?: string | { type: string; text?: string }[] | null;
}

export const openaiChatProtocol: WireProtocol = {
  name: 'openai-chat',
  matches: (path) => path.endsWith('/chat/completions'),
  readKey: (headers) => headers.authorization?.replace(/^Bearer /, '') || null,
  read: (_path, body) => {
    const messages = body.messages as ChatMessage[] | undefined;
    if (!Array.isArray(messages) || messages.length === 0) return 'messages is required';
    const last = messages.findLast((message) => message.role === 'user');
    return {
      isStreaming: body.stream === true,
      model: String(body.model),
      toolResults: messages.filter((message) => message.role === 'tool').map(flat),
      lastUserText: last ? flat(last) : '',
      system: messages
        .filter((message) => message.role === 'system' || message.role === 'developer')
        .map(flat)
        .join('\n'),
      toolNames: ((body.tools as { function: { name: string } }[] | undefined) ?? []).map(
        (tool) => tool.function.name,
      ),
    };
  },
  whole: (reply, model) => ({
    ...envelope(model, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: reply.texts.join('') || null,
          ...(reply.tools.length > 0 ? { tool_calls: reply.tools.map(toolCall) } : {}),
        },
        finish_reason: finishReason(reply),
      },
    ],
    usage: usage(reply),
  }),
  events: (reply, model) => {
    const chunk = (delta: Json, finish: string | null = null) => ({
      data: {
        ...envelope(model, 'chat.completion.chunk'),
        choices: [{ index: 0, delta, finish_reason: finish }],
      },
    });
    return [
      chunk({ role: 'assistant', content: '' }),
      ...reply.texts.map((content) => chunk({ content })),
      ...reply.tools.map((tool, index) => chunk({ tool_calls: [{ index, ...toolCall(tool) }] })),
      chunk({}, finishReason(reply)),
      { data: { ...envelope(model, 'chat.completion.chunk'), choices: [], usage: usage(reply) } },
    ];
  },
  error: (status, message) => ({
    error: { message, type: status === 429 ? 'rate_limit_exceeded' : 'api_error', param: null, code: null },
  }),
};

function envelope(model: string, object: string): Json {
  return { id: 'chatcmpl-fake', object, created: 1_700_000_000, model };
}

function toolCall({ id, name, input }: PlainReply['tools'][number]): Json {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}

function usage(reply: PlainReply): Json {
  const { input, output } = reply.usage;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function finishReason(reply: PlainReply): string {
  return reply.tools.length > 0 ? 'tool_calls' : 'stop';
}

function flat({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('\n');
}
