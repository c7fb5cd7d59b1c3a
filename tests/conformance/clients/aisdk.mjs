import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, isStepCount, jsonSchema, Output, RetryError, streamText, tool } from 'ai';
import { again, description, question, result, schema } from '../said.mjs';

// vercel is the AI SDK over one of its providers.
const vercel = (model) => {
  const ask = { instructions: 'Be brief.', prompt: question };
  const weather = tool({ description, inputSchema: jsonSchema(schema), execute: () => result });
  const loop = { tools: { weather }, stopWhen: isStepCount(3) };
  const usage = (u) => u && { input: u.inputTokens, output: u.outputTokens };
  // A stream tells of errors in passing, not by failing.
  const loud = (call) => {
    let error;
    const r = streamText({ ...call, onError: (e) => { error = e.error; } });
    return { r, check: () => { if (error) throw error; } };
  };
  const rounds = (steps, text) => ({
    calls: steps.flatMap((s) => s.toolCalls).map((c) => ({ name: c.toolName, arguments: c.input })),
    finish: steps[0].finishReason,
    text,
  });
  return {
    async whole(name) {
      const r = await generateText({ ...ask, model: model(name) });
      return { text: r.text, finish: r.finishReason, usage: usage(r.usage), model: r.response.modelId };
    },
    async stream(name) {
      const { r, check } = loud({ ...ask, model: model(name) });
      let text = '', pieces = 0;
      for await (const piece of r.textStream) {
        pieces++;
        text += piece;
      }
      check();
      return { text, pieces, finish: await r.finishReason, usage: usage(await r.usage) };
    },
    async tools(name) {
      const r = await generateText({ ...ask, ...loop, model: model(name) });
      return rounds(r.steps, r.text);
    },
    async toolsStream(name) {
      const { r, check } = loud({ ...ask, ...loop, model: model(name) });
      await r.consumeStream();
      check();
      return rounds(await r.steps, await r.text);
    },
    async structured(name) {
      const r = await generateText({ ...ask, model: model(name), output: Output.object({ schema: jsonSchema(schema), name: 'place' }) });
      return r.output;
    },
    // The client is told nothing of how answers are kept.
    async second(name) {
      const messages = [{ role: 'user', content: question }];
      const first = await generateText({ instructions: ask.instructions, messages, model: model(name) });
      messages.push(...first.response.messages, { role: 'user', content: again });
      const r = await generateText({ instructions: ask.instructions, messages, model: model(name) });
      return r.text;
    },
    async cancel(name) {
      const abort = new AbortController();
      const { r } = loud({ ...ask, model: model(name), abortSignal: abort.signal });
      for await (const piece of r.textStream) {
        if (piece) abort.abort();
      }
    },
  };
};

const statusOf = (e) => {
  const last = RetryError.isInstance(e) ? e.lastError : e;
  return APICallError.isInstance(last) ? last.statusCode : undefined;
};
const finish = { stop: 'stop', tools: 'tool-calls' };
const client = (pkg, make) => ({ package: pkg, statusOf, finish, make: (to) => vercel(make(to)) });

export const clients = {
  responses: client('@ai-sdk/openai', ({ url, key }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key })),
  chat: client('@ai-sdk/openai', ({ url, key }) => createOpenAI({ baseURL: `${url}/openai/v1`, apiKey: key }).chat),
  compatible: client('@ai-sdk/openai-compatible', ({ url, key }) => createOpenAICompatible({ name: 'fairway', baseURL: `${url}/v1`, apiKey: key, includeUsage: true, supportsStructuredOutputs: true })),
  anthropic: client('@ai-sdk/anthropic', ({ url, key }) => createAnthropic({ baseURL: `${url}/anthropic/v1`, apiKey: key })),
  google: client('@ai-sdk/google', ({ url, key }) => createGoogleGenerativeAI({ baseURL: `${url}/google/v1beta`, apiKey: key })),
};
