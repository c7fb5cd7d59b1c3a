import Anthropic from '@anthropic-ai/sdk';
import { description, question, result, schema } from '../said.mjs';

function messages(to) {
  const client = new Anthropic({ baseURL: to.url, apiKey: to.key });
  const ask = { max_tokens: 1000, system: 'Be brief.', messages: [{ role: 'user', content: question }] };
  const tools = [{ name: 'weather', description, input_schema: schema }];
  const text = (m) => m.content.filter((b) => b.type === 'text').map((b) => b.text).join('');
  const usage = (u) => u && {
    input: u.input_tokens + (u.cache_creation_input_tokens ?? 0) + (u.cache_read_input_tokens ?? 0),
    output: u.output_tokens,
  };
  async function rounds(turn) {
    const first = await turn(ask.messages);
    const calls = first.content.filter((b) => b.type === 'tool_use');
    const second = await turn([
      ...ask.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: calls.map((c) => ({ type: 'tool_result', tool_use_id: c.id, content: result })) },
    ]);
    return { calls: calls.map((c) => ({ name: c.name, arguments: c.input })), finish: first.stop_reason, text: text(second) };
  }
  return {
    async whole(model) {
      const r = await client.messages.create({ ...ask, model });
      return { text: text(r), finish: r.stop_reason, usage: usage(r.usage), model: r.model, id: r._request_id };
    },
    async stream(model) {
      const stream = client.messages.stream({ ...ask, model });
      let pieces = 0;
      stream.on('text', () => pieces++);
      const r = await stream.finalMessage();
      return { text: text(r), pieces, finish: r.stop_reason, usage: usage(r.usage), model: r.model };
    },
    tools: (model) => rounds((messages) => client.messages.create({ ...ask, model, messages, tools })),
    toolsStream: (model) => rounds((messages) => client.messages.stream({ ...ask, model, messages, tools }).finalMessage()),
    async structured(model) {
      const r = await client.messages.create({ ...ask, model, output_config: { format: { type: 'json_schema', schema } } });
      return JSON.parse(text(r));
    },
    async cancel(model) {
      const stream = await client.messages.create({ ...ask, model, stream: true });
      for await (const event of stream) if (event.type === 'content_block_delta') break;
      stream.controller.abort();
    },
  };
}

export const clients = {
  messages: {
    package: '@anthropic-ai/sdk',
    make: messages,
    statusOf: (e) => (e instanceof Anthropic.APIError ? e.status : undefined),
    finish: { stop: 'end_turn', tools: 'tool_use' },
  },
};
