// Runs the cases of one client against a gateway, and prints a line of JSON for
// each: run.mjs FILE CLIENT. The environment says where the gateway is
// (FAIRWAY_URL, FAIRWAY_KEY), which families of upstream stand behind it
// (FAMILIES) and where to ask what an upstream saw (CONTROL_URL).
import assert from 'node:assert/strict';
import { arguments_, families, final, input, said } from './said.mjs';

const [file, name] = process.argv.slice(2);
const { clients } = await import(`./clients/${file}`);
const about = clients[name];
const url = process.env.FAIRWAY_URL;
const client = about.make({ url, key: process.env.FAIRWAY_KEY });
const stranger = about.make({ url, key: 'fwk_wrong' });

// Nothing that a client does may wait forever.
const within = (ms, what) => Promise.race([what, new Promise((_, no) => setTimeout(no, ms, new Error(`not over within ${ms} ms`)).unref())]);

function sameUsage(usage, family) {
  if (about.noUsage) return;
  assert.deepEqual({ input: usage?.input, output: usage?.output }, { input: input[family], output: 7 }, 'usage');
}

async function failure(call) {
  let got;
  try {
    got = await call();
  } catch (e) {
    return e;
  }
  assert.fail(`no error, but ${JSON.stringify(got)}`);
}

const statusOf = (e) => about.statusOf(e);

// retryAfter is how long the client is told to wait, where its errors tell.
function retryAfter(e) {
  const last = e.lastError ?? e;
  if (last.headers?.get) return last.headers.get('retry-after');
  return last.responseHeaders?.['retry-after'];
}

const cases = {
  async whole(family, model) {
    const r = await client.whole(model);
    assert.equal(r.text, said);
    if (r.finish !== undefined) assert.equal(r.finish, about.finish.stop, 'finish');
    if (r.model !== undefined) assert.equal(r.model, model, 'model');
    if (r.id !== undefined) assert.match(r.id, /^call_/, 'request id');
    sameUsage(r.usage, family);
  },
  async stream(family, model) {
    const r = await client.stream(model);
    assert.equal(r.text, said);
    assert.ok(r.pieces > 1, `${r.pieces} pieces`);
    if (r.finish !== undefined) assert.equal(r.finish, about.finish.stop, 'finish');
    if (r.model !== undefined) assert.equal(r.model, model, 'model');
    if (!about.noStreamUsage) sameUsage(r.usage, family);
  },
  async tools(family, model) {
    const r = await client.tools(model);
    assert.deepEqual(r.calls, [{ name: 'weather', arguments: arguments_ }]);
    assert.equal(r.text, final);
    if (r.finish !== undefined) assert.equal(r.finish, about.finish.tools, 'finish');
  },
  async 'tools-stream'(family, model) {
    const r = await client.toolsStream(model);
    assert.deepEqual(r.calls, [{ name: 'weather', arguments: arguments_ }]);
    assert.equal(r.text, final);
    if (r.finish !== undefined) assert.equal(r.finish, about.finish.tools, 'finish');
  },
  async structured(family, model) {
    assert.deepEqual(await client.structured(model), arguments_);
  },
  async second(family, model) {
    assert.equal(await client.second(model), final);
  },
  async '401'(family, model) {
    const e = await failure(() => stranger.whole(model));
    assert.equal(statusOf(e), 401, String(e));
    assert.match(String(e.message), /key|credential/i);
  },
  async '429'(family, model) {
    const e = await failure(() => client.whole(model));
    assert.equal(statusOf(e), 429, String(e));
    const seconds = retryAfter(e);
    if (seconds !== undefined) assert.ok(Number(seconds) >= 1, `retry-after: ${seconds}`);
  },
  async '5xx'(family, model) {
    const e = await failure(() => client.whole(model));
    assert.equal(statusOf(e), 502, String(e));
  },
  async cancel(family, model) {
    await client.cancel(model);
    const seen = await (await fetch(`${process.env.CONTROL_URL}/gone?family=${family}`)).json();
    assert.ok(seen.gone, 'the upstream was not let go');
  },
};

const method = { 'tools-stream': 'toolsStream', '401': 'whole', '429': 'whole', '5xx': 'whole' };

// A client that fails in the background must not take the others' results along.
process.on('unhandledRejection', () => {});

for (const family of families()) {
  for (const [key, run] of Object.entries(cases)) {
    if (process.env.CASES && !process.env.CASES.split(',').includes(key)) continue;
    const line = { case: key, family, result: 'pass' };
    if (!client[method[key] ?? key]) {
      line.result = 'none';
    } else {
      try {
        await within(60_000, run(family, `${family}-${key}`));
      } catch (e) {
        line.result = 'fail';
        line.why = String(e?.message ?? e).slice(0, 2000) + (process.env.STACKS ? `\n${e?.stack}` : '');
      }
    }
    console.log(JSON.stringify(line));
  }
}
process.exit(0);
