import { OpenAI } from '@llamaindex/openai';
import { z } from 'zod';
import { description, question, result, schema } from '../said.mjs';

function index({ url, key }) {
  const open = (model) => new OpenAI({ model, apiKey: key, baseURL: `${url}/v1` });
  const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: question }];
  const weather = { call: () => result, metadata: { name: 'weather', description, parameters: schema } };
  const text = (content) => (typeof content === 'string' ? content : content.map((c) => c.text ?? '').join(''));
  const usage = (u) => u && { input: u.prompt_tokens ?? u.input_tokens, output: u.completion_tokens ?? u.output_tokens };
  const called = (calls) => calls.map((c) => ({ name: c.name, arguments: typeof c.input === 'string' ? JSON.parse(c.input) : c.input }));
  const results = (calls) => calls.map((c) => ({ role: 'user', content: result, options: { toolResult: { id: c.id, result, isError: false } } }));
  return {
    async whole(model) {
      const r = await open(model).chat({ messages });
      return { text: text(r.message.content), usage: usage(r.raw.usage) };
    },
    async stream(model) {
      let all = '', pieces = 0;
      for await (const chunk of await open(model).chat({ messages, stream: true })) {
        if (chunk.delta) pieces++;
        all += chunk.delta;
      }
      return { text: all, pieces };
    },
    async tools(model) {
      const first = await open(model).chat({ messages, tools: [weather] });
      const calls = first.message.options?.toolCall ?? [];
      const second = await open(model).chat({ messages: [...messages, first.message, ...results(calls)], tools: [weather] });
      return { calls: called(calls), text: text(second.message.content) };
    },
    async toolsStream(model) {
      const turn = async (messages) => {
        let content = '', calls = new Map();
        for await (const chunk of await open(model).chat({ messages, tools: [weather], stream: true })) {
          content += chunk.delta;
          for (const c of chunk.options?.toolCall ?? []) calls.set(c.id, c);
        }
        return { content, calls: [...calls.values()] };
      };
      const first = await turn(messages);
      const second = await turn([...messages, { role: 'assistant', content: first.content, options: { toolCall: first.calls } }, ...results(first.calls)]);
      return { calls: called(first.calls), text: second.content };
    },
    async structured(model) {
      const place = z.object({ city: z.string(), days: z.number().int() });
      const r = await open(model).chat({ messages, responseFormat: place });
      return JSON.parse(text(r.message.content));
    },
    // A stream that is left stays open: the client has no way to give it up.
  };
}

const statusOf = (e) => e.status;

export const clients = {
  chat: { package: '@llamaindex/openai', make: index, statusOf, finish: {}, noStreamUsage: true },
};
