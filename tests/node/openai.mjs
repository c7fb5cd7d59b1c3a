// The official Node SDK against a gateway: OPENAI_BASE_URL and OPENAI_API_KEY
// say which. Each check prints a line; a failed one ends the script.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const client = new OpenAI();
const text = 'The quick brown fox';
const question = { model: 'simulator/echo', messages: [{ role: 'user', content: text }] };
const tools = [{
  type: 'function',
  function: {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
      required: ['city', 'days'],
    },
  },
}];
const forced = { type: 'function', function: { name: 'weather' } };

async function check(name, run) {
  await run();
  console.log('ok', name);
}

await check('whole', async () => {
  const r = await client.chat.completions.create(question);
  assert.equal(r.choices[0].message.content, text);
  assert.equal(r.choices[0].finish_reason, 'stop');
  assert.equal(r.model, 'simulator/echo');
  assert.ok(r.usage.total_tokens > 0);
  assert.match(r._request_id, /^call_/);
});

await check('streamed', async () => {
  const stream = await client.chat.completions.create({ ...question, stream: true, stream_options: { include_usage: true } });
  let got = '', pieces = 0, usage;
  for await (const chunk of stream) {
    assert.equal(chunk.model, 'simulator/echo');
    got += chunk.choices[0]?.delta.content ?? '';
    pieces++;
    usage = chunk.usage ?? usage;
  }
  assert.equal(got, text);
  assert.ok(pieces >= 4, `${pieces} pieces`);
  assert.ok(usage.total_tokens > 0);
});

await check('streamed without usage', async () => {
  const stream = await client.chat.completions.create({ ...question, stream: true });
  for await (const chunk of stream) {
    assert.equal(chunk.choices.length, 1);
    assert.ok(!chunk.usage);
  }
});

await check('forced tool and its result', async () => {
  const ask = { ...question, tools, tool_choice: forced };
  const first = await client.chat.completions.create(ask);
  assert.equal(first.choices[0].finish_reason, 'tool_calls');
  const [call] = first.choices[0].message.tool_calls;
  const args = JSON.parse(call.function.arguments);
  assert.equal(typeof args.city, 'string');
  assert.ok(Number.isInteger(args.days));
  const messages = [...question.messages, first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }];
  const second = await client.chat.completions.create({ ...question, tools, messages });
  assert.equal(second.choices[0].finish_reason, 'stop');
  assert.ok(second.choices[0].message.content);
});

await check('the tool runner, streamed', async () => {
  let ran = 0;
  const runner = client.chat.completions.runTools({
    ...question,
    stream: true,
    tool_choice: forced,
    tools: [{ type: 'function', function: { ...tools[0].function, parse: JSON.parse, function: () => { ran++; return 'sunny'; } } }],
  });
  // A forced tool is called once: the helper stops there.
  await runner.done();
  assert.equal(ran, 1);
});

await check('structured output', async () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
  const r = await client.chat.completions.create({ ...question, response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } } });
  assert.equal(typeof JSON.parse(r.choices[0].message.content).city, 'string');
});

await check('models', async () => {
  const list = await client.models.list();
  assert.ok(Array.isArray(list.data));
});

await check('wrong key', async () => {
  const other = new OpenAI({ apiKey: 'fwk_wrong' });
  await assert.rejects(other.chat.completions.create(question), OpenAI.AuthenticationError);
});

await check('unknown model', async () => {
  await assert.rejects(client.chat.completions.create({ ...question, model: 'nothing' }), (e) => e instanceof OpenAI.NotFoundError && e.code === 'model_not_found');
});

await check('a provider that fails', async () => {
  await assert.rejects(client.chat.completions.create({ ...question, model: 'up/broken' }), (e) => e.status === 502 && e.code === 'upstream_error');
});

await check('a stream that breaks off', async () => {
  const stream = await client.chat.completions.create({ ...question, model: 'up/breaks', stream: true });
  let got = '';
  await assert.rejects(async () => {
    for await (const chunk of stream) got += chunk.choices[0]?.delta.content ?? '';
  });
  assert.equal(got, 'fi');
});

await check('cancelled', async () => {
  const stream = await client.chat.completions.create({ ...question, model: 'up/late', stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) stream.controller.abort();
  }
});
