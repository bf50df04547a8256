// Fake model provider, Anthropic Messages: POST /v1/messages, JSON and server-sent events, tool_use included.

import type { PlainReply, WireProtocol } from './fake-model-script.ts';

type Json = Record<string, unknown>;
type Block = { type: string; text?: string; content?: unknown };

export const anthropicProtocol: WireProtocol = {
  name: 'anthropic',
  matches: (path) => path.endsWith('/v1/messages'),
  readKey: (headers) => (headers['anthropic-version'] ? (headers['x-api-key'] as string) || null : null),
  read: (_path, body) => {
    const messages = body.messages as { role: string; content: string | Block[] }[] | undefined;
    if (!Array.isArray(messages) || messages.length === 0)
      return 'messages: at least one message is required';
    if (typeof body.max_tokens !== 'number') return 'max_tokens: field required';
    if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role';
    const blocks = messages.flatMap((message) =>
      (typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content).map(
        (block) => ({ role: message.role, block }),
      ),
    );
    return {
      isStreaming: body.stream === true,
      model: String(body.model),
      toolResults: blocks
        .filter(({ block }) => block.type === 'tool_result')
        .map(({ block }) => flat(block.content)),
      lastUserText:
        blocks.findLast(({ role, block }) => role === 'user' && block.type === 'text')?.block.text ?? '',
      system: flat(body.system),
      toolNames: ((body.tools as { name: string }[] | undefined) ?? []).map((tool) => tool.name),
    };
  },
  whole: (reply, model) => ({
    ...envelope(model),
    content: [
      ...(reply.texts.length > 0 ? [{ type: 'text', text: reply.texts.join('') }] : []),
      ...reply.tools.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input })),
    ],
    stop_reason: stopReason(reply),
    usage: { input_tokens: reply.usage.input, output_tokens: reply.usage.output },
  }),
  events: (reply, model) => {
    const events: { event: string; data: Json }[] = [];
    const push = (type: string, data: Json) => events.push({ event: type, data: { type, ...data } });
    push('message_start', {
      message: {
        ...envelope(model),
        content: [],
        stop_reason: null,
        usage: { input_tokens: reply.usage.input, output_tokens: 1 },
      },
    });
    let index = 0;
    if (reply.texts.length > 0) {
      push('content_block_start', { index, content_block: { type: 'text', text: '' } });
      for (const text of reply.texts)
        push('content_block_delta', { index, delta: { type: 'text_delta', text } });
      push('content_block_stop', { index: index++ });
    }
    for (const { id, name, input } of reply.tools) {
      push('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } });
      push('content_block_delta', {
        index,
        delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      });
      push('content_block_stop', { index: index++ });
    }
    push('message_delta', {
      delta: { stop_reason: stopReason(reply), stop_sequence: null },
      usage: { output_tokens: reply.usage.output },
    });
    push('message_stop', {});
    return events;
  },
  error: (status, message) => ({
    type: 'error',
    error: {
      type: status === 429 ? 'rate_limit_error' : status === 401 ? 'authentication_error' : 'api_error',
      message,
    },
  }),
};

function envelope(model: string): Json {
  return { id: 'msg_fake', type: 'message', role: 'assistant', model, stop_sequence: null };
}

function stopReason(reply: PlainReply): string {
  return reply.tools.length > 0 ? 'tool_use' : 'end_turn';
}

function flat(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((block: Block) => block.text ?? '').join('\n');
}
