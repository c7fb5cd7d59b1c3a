import { CohereClientV2, CohereError } from 'cohere-ai';
import { description, question, result, schema } from '../said.mjs';

function cohere({ url, key }) {
  const client = new CohereClientV2({ environment: url, token: key });
  const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: question }];
  const tools = [{ type: 'function', function: { name: 'weather', description, parameters: schema } }];
  const usage = (u) => u && { input: u.tokens.inputTokens, output: u.tokens.outputTokens };
  const text = (m) => (m.content ?? []).map((c) => c.text ?? '').join('');
  async function rounds(turn) {
    const first = await turn(messages);
    const calls = first.toolCalls ?? [];
    const second = await turn([
      ...messages,
      { role: 'assistant', toolCalls: calls, toolPlan: first.toolPlan },
      ...calls.map((c) => ({ role: 'tool', toolCallId: c.id, content: [{ type: 'document', document: { data: { result } } }] })),
    ]);
    return { calls: calls.map((c) => ({ name: c.function.name, arguments: JSON.parse(c.function.arguments) })), text: text(second) };
  }
  return {
    async whole(model) {
      const r = await client.chat({ model, messages });
      return { text: text(r.message), finish: r.finishReason, usage: usage(r.usage) };
    },
    async stream(model) {
      const r = { text: '', pieces: 0 };
      for await (const event of await client.chatStream({ model, messages })) {
        if (event.type === 'content-delta') {
          r.pieces++;
          r.text += event.delta.message.content.text;
        } else if (event.type === 'message-end') {
          Object.assign(r, { finish: event.delta.finishReason, usage: usage(event.delta.usage) });
        }
      }
      return r;
    },
    tools: (model) => rounds(async (messages) => (await client.chat({ model, messages, tools })).message),
    toolsStream: (model) => rounds(async (messages) => {
      const m = { content: [{ text: '' }], toolCalls: [], toolPlan: '' };
      for await (const event of await client.chatStream({ model, messages, tools })) {
        switch (event.type) {
          case 'content-delta': m.content[0].text += event.delta.message.content.text; break;
          case 'tool-plan-delta': m.toolPlan += event.delta.message.toolPlan; break;
          case 'tool-call-start': m.toolCalls[event.index] = structuredClone(event.delta.message.toolCalls); break;
          case 'tool-call-delta': m.toolCalls[event.index].function.arguments += event.delta.message.toolCalls.function.arguments; break;
        }
      }
      m.toolCalls = m.toolCalls.filter(Boolean);
      return m;
    }),
    async structured(model) {
      const r = await client.chat({ model, messages, responseFormat: { type: 'json_object', jsonSchema: schema } });
      return JSON.parse(text(r.message));
    },
    async cancel(model) {
      const abort = new AbortController();
      try {
        for await (const event of await client.chatStream({ model, messages }, { abortSignal: abort.signal })) if (event.type === 'content-delta') abort.abort();
      } catch (e) {
        if (!abort.signal.aborted) throw e;
      }
    },
  };
}

export const clients = {
  chat: { package: 'cohere-ai', make: cohere, statusOf: (e) => (e instanceof CohereError ? e.statusCode : undefined), finish: { stop: 'COMPLETE' } },
};
