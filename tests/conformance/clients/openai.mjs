import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { description, question, result, schema } from '../said.mjs';

const connect = ({ url, key }, base = '/v1') => new OpenAI({ baseURL: url + base, apiKey: key });
const place = z.object({ city: z.string(), days: z.number().int() });
const statusOf = (e) => (e instanceof OpenAI.APIError ? e.status : undefined);

function chat(to) {
  const client = connect(to);
  const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: question }];
  const tools = [{ type: 'function', function: { name: 'weather', description, parameters: schema, strict: true } }];
  const usage = (u) => u && { input: u.prompt_tokens, output: u.completion_tokens };
  async function rounds(turn) {
    const first = await turn(messages);
    const message = first.choices[0].message;
    const calls = message.tool_calls ?? [];
    const second = await turn([...messages, message, ...calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: result }))]);
    return {
      calls: calls.map((c) => ({ name: c.function.name, arguments: JSON.parse(c.function.arguments) })),
      finish: first.choices[0].finish_reason,
      text: second.choices[0].message.content,
    };
  }
  return {
    async whole(model) {
      const r = await client.chat.completions.create({ model, messages });
      return { text: r.choices[0].message.content, finish: r.choices[0].finish_reason, usage: usage(r.usage), model: r.model, id: r._request_id };
    },
    async stream(model) {
      const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } });
      const r = { text: '', pieces: 0 };
      for await (const chunk of stream) {
        const text = chunk.choices[0]?.delta.content;
        if (text) r.pieces++;
        r.text += text ?? '';
        r.finish = chunk.choices[0]?.finish_reason ?? r.finish;
        r.usage = usage(chunk.usage) ?? r.usage;
        r.model = chunk.model;
      }
      return r;
    },
    tools: (model) => rounds((messages) => client.chat.completions.create({ model, messages, tools })),
    toolsStream: (model) => rounds((messages) => client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()),
    async structured(model) {
      const r = await client.chat.completions.parse({ model, messages, response_format: zodResponseFormat(place, 'place') });
      return r.choices[0].message.parsed;
    },
    async cancel(model) {
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      stream.controller.abort();
    },
  };
}

function responses(to) {
  const client = connect(to, '/openai/v1');
  const instructions = 'Be brief.';
  const tools = [{ type: 'function', name: 'weather', description, parameters: schema, strict: true }];
  const usage = (u) => u && { input: u.input_tokens, output: u.output_tokens };
  async function rounds(turn) {
    const input = [{ role: 'user', content: question }];
    const first = await turn(input);
    const calls = first.output.filter((item) => item.type === 'function_call');
    // Nothing is kept by the gateway, so all of the conversation goes back.
    const second = await turn([...input, ...first.output, ...calls.map((c) => ({ type: 'function_call_output', call_id: c.call_id, output: result }))]);
    return {
      calls: calls.map((c) => ({ name: c.name, arguments: JSON.parse(c.arguments) })),
      finish: first.status,
      text: second.output_text,
    };
  }
  return {
    async whole(model) {
      const r = await client.responses.create({ model, instructions, input: question });
      return { text: r.output_text, finish: r.status, usage: usage(r.usage), model: r.model, id: r._request_id };
    },
    async stream(model) {
      const stream = await client.responses.create({ model, instructions, input: question, stream: true });
      const r = { text: '', pieces: 0 };
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') {
          r.pieces++;
          r.text += event.delta;
        } else if (event.type === 'response.completed') {
          Object.assign(r, { finish: event.response.status, usage: usage(event.response.usage), model: event.response.model });
        }
      }
      return r;
    },
    tools: (model) => rounds((input) => client.responses.create({ model, instructions, input, tools })),
    toolsStream: (model) => rounds((input) => client.responses.stream({ model, instructions, input, tools }).finalResponse()),
    async structured(model) {
      const r = await client.responses.parse({ model, input: question, text: { format: zodTextFormat(place, 'place') } });
      return r.output_parsed;
    },
    async cancel(model) {
      const stream = await client.responses.create({ model, input: question, stream: true });
      for await (const event of stream) if (event.type === 'response.output_text.delta') break;
      stream.controller.abort();
    },
  };
}

export const clients = {
  chat: { package: 'openai', make: chat, statusOf, finish: { stop: 'stop', tools: 'tool_calls' } },
  responses: { package: 'openai', make: responses, statusOf, finish: { stop: 'completed', tools: 'completed' } },
};
