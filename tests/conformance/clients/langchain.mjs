import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { description, question, result, schema } from '../said.mjs';

const langchain = (useResponsesApi) => ({ url, key }) => {
  // By itself it would try six more times, for minutes.
  const open = (model) => new ChatOpenAI({ model, apiKey: key, configuration: { baseURL: `${url}/v1` }, maxRetries: 2, useResponsesApi });
  const messages = [new SystemMessage('Be brief.'), new HumanMessage(question)];
  const tools = [{ type: 'function', function: { name: 'weather', description, parameters: schema } }];
  const usage = (m) => m.usage_metadata && { input: m.usage_metadata.input_tokens, output: m.usage_metadata.output_tokens };
  const finish = (m) => m.response_metadata.finish_reason ?? m.response_metadata.status;
  async function rounds(turn) {
    const first = await turn(messages);
    const second = await turn([...messages, first, ...first.tool_calls.map((c) => new ToolMessage({ content: result, tool_call_id: c.id }))]);
    return { calls: first.tool_calls.map((c) => ({ name: c.name, arguments: c.args })), text: second.text };
  }
  return {
    async whole(model) {
      const r = await open(model).invoke(messages);
      return { text: r.text, finish: finish(r), usage: usage(r) };
    },
    async stream(model) {
      let all, pieces = 0;
      for await (const chunk of await open(model).stream(messages)) {
        if (chunk.text) pieces++;
        all = all?.concat(chunk) ?? chunk;
      }
      return { text: all.text, pieces, usage: usage(all) };
    },
    tools(model) {
      const bound = open(model).bindTools(tools);
      return rounds((messages) => bound.invoke(messages));
    },
    toolsStream(model) {
      const bound = open(model).bindTools(tools);
      return rounds(async (messages) => {
        let all;
        for await (const chunk of await bound.stream(messages)) all = all?.concat(chunk) ?? chunk;
        return all;
      });
    },
    structured: (model) => open(model).withStructuredOutput(schema, { name: 'place', method: 'jsonSchema', strict: true }).invoke(messages),
    async cancel(model) {
      const abort = new AbortController();
      try {
        for await (const chunk of await open(model).stream(messages, { signal: abort.signal })) if (chunk.text) abort.abort();
      } catch (e) {
        if (!abort.signal.aborted) throw e;
      }
    },
  };
};

const statusOf = (e) => e.status;

export const clients = {
  chat: { package: '@langchain/openai', make: langchain(false), statusOf, finish: { stop: 'stop' } },
  responses: { package: '@langchain/openai', make: langchain(true), statusOf, finish: { stop: 'completed' } },
};
