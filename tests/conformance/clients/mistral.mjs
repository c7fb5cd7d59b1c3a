import { Mistral } from '@mistralai/mistralai';
import { description, question, result, schema } from '../said.mjs';

function mistral({ url, key }) {
  const client = new Mistral({ serverURL: url, apiKey: key }).chat;
  const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: question }];
  const tools = [{ type: 'function', function: { name: 'weather', description, parameters: schema } }];
  const usage = (u) => u && { input: u.promptTokens, output: u.completionTokens };
  async function rounds(turn) {
    const first = await turn(messages);
    const calls = first.toolCalls ?? [];
    const second = await turn([...messages, { ...first, role: 'assistant' }, ...calls.map((c) => ({ role: 'tool', name: c.function.name, toolCallId: c.id, content: result }))]);
    const parse = (a) => (typeof a === 'string' ? JSON.parse(a) : a);
    return { calls: calls.map((c) => ({ name: c.function.name, arguments: parse(c.function.arguments) })), text: second.content };
  }
  return {
    async whole(model) {
      const r = await client.complete({ model, messages });
      return { text: r.choices[0].message.content, finish: r.choices[0].finishReason, usage: usage(r.usage), model: r.model };
    },
    async stream(model) {
      const r = { text: '', pieces: 0 };
      for await (const { data } of await client.stream({ model, messages })) {
        const text = data.choices[0]?.delta.content;
        if (text) r.pieces++;
        r.text += text ?? '';
        r.finish = data.choices[0]?.finishReason ?? r.finish;
        r.model = data.model;
        r.usage = usage(data.usage) ?? r.usage;
      }
      return r;
    },
    tools: (model) => rounds(async (messages) => (await client.complete({ model, messages, tools })).choices[0].message),
    toolsStream: (model) => rounds(async (messages) => {
      const m = { content: '', toolCalls: [] };
      for await (const { data } of await client.stream({ model, messages, tools })) {
        const delta = data.choices[0]?.delta;
        m.content += delta?.content ?? '';
        for (const c of delta?.toolCalls ?? []) {
          const known = m.toolCalls[c.index ?? 0];
          if (known) known.function.arguments += c.function.arguments;
          else m.toolCalls[c.index ?? 0] = structuredClone(c);
        }
      }
      if (m.toolCalls.length === 0) delete m.toolCalls;
      return m;
    }),
    async structured(model) {
      const responseFormat = { type: 'json_schema', jsonSchema: { name: 'place', schemaDefinition: schema, strict: true } };
      const r = await client.complete({ model, messages, responseFormat });
      return JSON.parse(r.choices[0].message.content);
    },
    async cancel(model) {
      const abort = new AbortController();
      try {
        for await (const { data } of await client.stream({ model, messages }, { fetchOptions: { signal: abort.signal } })) if (data.choices[0]?.delta.content) abort.abort();
      } catch (e) {
        if (!abort.signal.aborted) throw e;
      }
    },
  };
}

export const clients = {
  chat: { package: '@mistralai/mistralai', make: mistral, statusOf: (e) => e.statusCode, finish: { stop: 'stop' }, noStreamUsage: true },
};
