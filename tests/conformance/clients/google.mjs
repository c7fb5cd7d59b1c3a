import { ApiError, GoogleGenAI } from '@google/genai';
import { description, question, result, schema } from '../said.mjs';

function generate(to) {
  const client = new GoogleGenAI({ apiKey: to.key, httpOptions: { baseUrl: to.url } }).models;
  const systemInstruction = 'Be brief.';
  const tools = [{ functionDeclarations: [{ name: 'weather', description, parametersJsonSchema: schema }] }];
  const usage = (u) => u && { input: u.promptTokenCount, output: u.candidatesTokenCount + (u.thoughtsTokenCount ?? 0) };
  async function rounds(turn) {
    const asked = { role: 'user', parts: [{ text: question }] };
    const first = await turn([asked]);
    const calls = first.flatMap((c) => c.parts).filter((p) => p.functionCall).map((p) => p.functionCall);
    const second = await turn([
      asked,
      ...first,
      { role: 'user', parts: calls.map((c) => ({ functionResponse: { id: c.id, name: c.name, response: { output: result } } })) },
    ]);
    return {
      calls: calls.map((c) => ({ name: c.name, arguments: c.args })),
      text: second.flatMap((c) => c.parts).filter((p) => !p.thought).map((p) => p.text ?? '').join(''),
    };
  }
  return {
    async whole(model) {
      const r = await client.generateContent({ model, contents: question, config: { systemInstruction } });
      return { text: r.text, finish: r.candidates[0].finishReason, usage: usage(r.usageMetadata), model: r.modelVersion };
    },
    async stream(model) {
      const r = { text: '', pieces: 0 };
      for await (const chunk of await client.generateContentStream({ model, contents: question, config: { systemInstruction } })) {
        if (chunk.text) r.pieces++;
        r.text += chunk.text ?? '';
        r.finish = chunk.candidates?.[0]?.finishReason ?? r.finish;
        r.usage = usage(chunk.usageMetadata) ?? r.usage;
        r.model = chunk.modelVersion;
      }
      return r;
    },
    tools: (model) => rounds(async (contents) => {
      const r = await client.generateContent({ model, contents, config: { tools } });
      return [r.candidates[0].content];
    }),
    toolsStream: (model) => rounds(async (contents) => {
      const parts = [];
      for await (const chunk of await client.generateContentStream({ model, contents, config: { tools } })) parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
      return [{ role: 'model', parts }];
    }),
    async structured(model) {
      const r = await client.generateContent({ model, contents: question, config: { responseMimeType: 'application/json', responseJsonSchema: schema } });
      return JSON.parse(r.text);
    },
    async cancel(model) {
      const abort = new AbortController();
      const stream = await client.generateContentStream({ model, contents: question, config: { abortSignal: abort.signal } });
      for await (const chunk of stream) if (chunk.text) break;
      abort.abort();
    },
  };
}

export const clients = {
  generate: {
    package: '@google/genai',
    make: generate,
    statusOf: (e) => (e instanceof ApiError ? e.status : undefined),
    finish: { stop: 'STOP' },
  },
};
