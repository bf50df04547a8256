// Fake model provider, OpenAI Responses: POST /v1/responses, JSON and server-sent events, function calls included.

import type { PlainReply, WireProtocol } from './fake-model-script.ts';

type Json = Record<string, unknown>;
interface InputItem {
  type?: string;
  role?: string;
  content?: string | { text?: string }[];
  output?: unknown;
}

export const openaiResponsesProtocol: WireProtocol = {
  name: 'openai-responses',
  matches: (path) => path.endsWith('/v1/responses'),
  readKey: (headers) => headers.authorization?.replace(/^Bearer /, '') || null,
  read: (_path, body) => {
    const input = body.input as InputItem[] | undefined;
    if (!Array.isArray(input) || input.length === 0) return 'input is required';
    const last = input.findLast((item) => item.role === 'user');
    return {
      isStreaming: body.stream === true,
      model: String(body.model),
      toolResults: input
        .filter((item) => item.type === 'function_call_output')
        .map((item) => String(item.output)),
      lastUserText: last ? flat(last) : '',
      system: [
        String(body.instructions ?? ''),
        ...input.filter((item) => item.role === 'system' || item.role === 'developer').map(flat),
      ].join('\n'),
      toolNames: ((body.tools as { name: string }[] | undefined) ?? []).map((tool) => tool.name),
    };
  },
  whole: (reply, model) => ({ ...response(reply, model, 'completed'), output: items(reply) }),
  events: (reply, model) => {
    const events: { event: string; data: Json }[] = [];
    let sequence = 0;
    const push = (type: string, data: Json) =>
      events.push({ event: type, data: { type, sequence_number: sequence++, ...data } });
    push('response.created', { response: { ...response(reply, model, 'in_progress'), output: [] } });
    const output = items(reply);
    for (const [output_index, item] of output.entries()) {
      if (item.type === 'message') {
        push('response.output_item.added', { output_index, item: { ...item, content: [] } });
        push('response.content_part.added', {
          output_index,
          item_id: item.id,
          content_index: 0,
          part: { type: 'output_text', text: '', annotations: [] },
        });
        for (const delta of reply.texts) {
          push('response.output_text.delta', {
            output_index,
            item_id: item.id,
            content_index: 0,
            delta,
            logprobs: [],
          });
        }
        push('response.output_text.done', {
          output_index,
          item_id: item.id,
          content_index: 0,
          text: reply.texts.join(''),
        });
      } else {
        push('response.output_item.added', { output_index, item: { ...item, arguments: '' } });
        push('response.function_call_arguments.delta', {
          output_index,
          item_id: item.id,
          delta: item.arguments,
        });
        push('response.function_call_arguments.done', {
          output_index,
          item_id: item.id,
          arguments: item.arguments,
        });
      }
      push('response.output_item.done', { output_index, item });
    }
    push('response.completed', { response: { ...response(reply, model, 'completed'), output } });
    return events;
  },
  error: (status, message) => ({
    error: { message, type: status === 429 ? 'rate_limit_exceeded' : 'api_error', param: null, code: null },
  }),
};

function items(reply: PlainReply): Json[] {
  const message = {
    type: 'message',
    id: 'msg_fake',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: reply.texts.join(''), annotations: [] }],
  };
  const calls = reply.tools.map(({ id, name, input }) => ({
    type: 'function_call',
    id: `fc_${id}`,
    call_id: id,
    name,
    arguments: JSON.stringify(input),
    status: 'completed',
  }));
  return reply.texts.length > 0 ? [message, ...calls] : calls;
}

function response(reply: PlainReply, model: string, status: string): Json {
  const { input, output } = reply.usage;
  return {
    id: 'resp_fake',
    object: 'response',
    created_at: 1_700_000_000,
    model,
    status,
    error: null,
    incomplete_details: null,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    },
  };
}

function flat({ content }: InputItem): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('\n');
}
