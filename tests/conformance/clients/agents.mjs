import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { again, description, question, result, schema } from '../said.mjs';

setTracingDisabled(true);

const agents = (Model) => ({ url, key }) => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key });
  function agent(model, more) {
    return new Agent({ name: 'Assistant', instructions: 'Be brief.', model: new Model(client, model), ...more });
  }
  const weather = () => {
    const calls = [];
    const execute = (input) => {
      calls.push({ name: 'weather', arguments: input });
      return result;
    };
    return { calls, tools: [tool({ name: 'weather', description, parameters: schema, strict: true, execute })] };
  };
  const usage = (r) => {
    const u = r.state?.usage ?? r.runContext?.usage ?? r.rawResponses[0].usage;
    return { input: u.inputTokens, output: u.outputTokens };
  };
  return {
    async whole(model) {
      const r = await run(agent(model), question);
      return { text: r.finalOutput, usage: usage(r) };
    },
    async stream(model) {
      const r = await run(agent(model), question, { stream: true });
      let text = '', pieces = 0;
      for await (const piece of r.toTextStream()) {
        pieces++;
        text += piece;
      }
      await r.completed;
      return { text, pieces, usage: usage(r) };
    },
    async tools(model) {
      const { calls, tools } = weather();
      const r = await run(agent(model, { tools }), question);
      return { calls, text: r.finalOutput };
    },
    async toolsStream(model) {
      const { calls, tools } = weather();
      const r = await run(agent(model, { tools }), question, { stream: true });
      for await (const _ of r);
      await r.completed;
      return { calls, text: r.finalOutput };
    },
    async structured(model) {
      const r = await run(agent(model, { outputType: { type: 'json_schema', name: 'place', strict: true, schema } }), question);
      return r.finalOutput;
    },
    async second(model) {
      const first = await run(agent(model), question);
      const r = Model === OpenAIResponsesModel
        ? await run(agent(model), again, { previousResponseId: first.lastResponseId })
        : await run(agent(model), [...first.history, { role: 'user', content: again }]);
      return r.finalOutput;
    },
    async cancel(model) {
      const abort = new AbortController();
      try {
        const r = await run(agent(model), question, { stream: true, signal: abort.signal });
        for await (const piece of r.toTextStream()) {
          if (piece) abort.abort();
        }
        await r.completed;
      } catch (e) {
        if (!abort.signal.aborted) throw e;
      }
    },
  };
};

const statusOf = (e) => e.status;

export const clients = {
  responses: { package: '@openai/agents', make: agents(OpenAIResponsesModel), statusOf, finish: {} },
  chat: { package: '@openai/agents', make: agents(OpenAIChatCompletionsModel), statusOf, finish: {} },
};
