import { Ollama } from 'ollama';
import { description, question, result, schema } from '../said.mjs';

function ollama({ url, key }) {
  const client = new Ollama({ host: `${url}/ollama`, headers: { Authorization: `Bearer ${key}` } });
  const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: question }];
  const tools = [{ type: 'function', function: { name: 'weather', description, parameters: schema } }];
  const usage = (r) => ({ input: r.prompt_eval_count, output: r.eval_count });
  async function rounds(turn) {
    const first = await turn(messages);
    const calls = first.tool_calls ?? [];
    const second = await turn([...messages, first, ...calls.map((c) => ({ role: 'tool', tool_name: c.function.name, content: result }))]);
    return { calls: calls.map((c) => ({ name: c.function.name, arguments: c.function.arguments })), text: second.content };
  }
  return {
    async whole(model) {
      const r = await client.chat({ model, messages });
      return { text: r.message.content, finish: r.done_reason, usage: usage(r), model: r.model };
    },
    async stream(model) {
      const r = { text: '', pieces: 0 };
      for await (const chunk of await client.chat({ model, messages, stream: true })) {
        if (chunk.message.content) r.pieces++;
        r.text += chunk.message.content;
        r.model = chunk.model;
        if (chunk.done) Object.assign(r, { finish: chunk.done_reason, usage: usage(chunk) });
      }
      return r;
    },
    tools: (model) => rounds(async (messages) => (await client.chat({ model, messages, tools })).message),
    toolsStream: (model) => rounds(async (messages) => {
      const all = { role: 'assistant', content: '' };
      for await (const { message } of await client.chat({ model, messages, tools, stream: true })) {
        all.content += message.content;
        if (message.tool_calls) all.tool_calls = [...(all.tool_calls ?? []), ...message.tool_calls];
      }
      return all;
    }),
    async structured(model) {
      const r = await client.chat({ model, messages, format: schema });
      return JSON.parse(r.message.content);
    },
    async cancel(model) {
      const stream = await client.chat({ model, messages, stream: true });
      try {
        for await (const chunk of stream) if (chunk.message.content) stream.abort();
      } catch (e) {
        if (e.name !== 'AbortError') throw e;
      }
    },
  };
}

export const clients = {
  chat: { package: 'ollama', make: ollama, statusOf: (e) => e.status_code, finish: { stop: 'stop' } },
};
