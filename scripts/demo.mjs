// Owns the command `npm run demo`: from a fresh checkout to the Express example answering requests.
// Must not know how the example works, only its routes in REQUESTS.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HOST, freePort } from './mongod/port.mjs';
import { startReplicaSet } from './mongod/replica-set.mjs';
import { hasEnded, launch, runNode, terminate } from './process/command.mjs';
import { ROOT } from './process/paths.mjs';
import { say, step } from './process/progress.mjs';
import { Failure, aborted, script } from './process/script.mjs';
import { setUp } from './setup.mjs';

const EXAMPLE = join(ROOT, 'examples', 'express');
/** How long the app may take to answer its first request, in milliseconds. */
const START_TIMEOUT_MS = 30_000;
/** How often it is asked meanwhile, in milliseconds. */
const POLL_MS = 50;

const USAGE = `Usage: npm run demo -- [options]

Sets up what is missing, starts MongoDB and the Express example on it, and stops both on Ctrl-C.

  --port <n>  the port of the app (PORT, or a free one)
  --smoke     make the requests that are shown, print the answers, and stop
`;

/** What a newcomer is shown to try. */
const REQUESTS = [
  { path: '/tenants' },
  { path: '/tenants/europe/countries?q=land&limit=3' },
  { path: '/tenants/europe/countries', body: { code: 'ATL', name: 'Atlantis' } }
];

await script(
  async signal => {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: process.env.PORT },
        smoke: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false }
      }
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return;
    }
    await setUp({ profile: 'quick', signal });
    const set = await step('starting mongod', () => startReplicaSet({ signal }));
    try {
      await runExample({ uri: set.uri, port: values.port, smoke: values.smoke, signal });
    } finally {
      await set.stop();
      say('stopped; nothing is left running');
    }
  },
  { interruptedCode: 0 }
);

/** @param {{ uri: string, port?: string, smoke: boolean, signal: AbortSignal }} options */
async function runExample({ uri, port, smoke, signal }) {
  const PORT = port ?? String(await freePort());
  const env = { ...process.env, MONGODB_URI: uri, PORT };
  await step('filling the databases', () =>
    runNode(join(EXAMPLE, 'seed.mjs'), [], { env, signal })
  );
  const app = launch(process.execPath, [join(EXAMPLE, 'server.mjs')], {
    env,
    stdio: ['ignore', 'inherit', 'inherit']
  });
  const url = `http://${HOST}:${PORT}`;
  try {
    await step('starting the app', () => answering(url, app, signal));
    if (smoke) {
      for (const request of REQUESTS) await perform(url, request);
      return;
    }
    const lines = REQUESTS.map(request => `  ${curl(url, request)}`);
    process.stdout.write(`\nThe app answers on ${url}. Try:\n\n${lines.join('\n')}\n\n`);
    process.stdout.write('Ctrl-C stops it.\n');
    await Promise.race([aborted(signal), new Promise(resolve => app.once('exit', resolve))]);
    if (!signal.aborted) throw new Failure(`The app ended by itself with ${app.exitCode}`);
  } finally {
    await terminate(app);
  }
}

/**
 * Resolves when the app answers.
 *
 * @param {string} url
 * @param {import('node:child_process').ChildProcess} app
 * @param {AbortSignal} signal
 */
async function answering(url, app, signal) {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (hasEnded(app)) throw new Failure(`The app ended while it started, with ${app.exitCode}`);
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok) return;
    if (performance.now() > deadline) {
      throw new Failure(`The app does not answer on ${url} after ${START_TIMEOUT_MS} ms`);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

/** @param {string} url @param {{ path: string, body?: object }} request */
function curl(url, { path, body }) {
  if (!body) return `curl '${url}${path}'`;
  return `curl '${url}${path}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}

/** @param {string} url @param {{ path: string, body?: object }} request */
async function perform(url, request) {
  const { path, body } = request;
  const response = await fetch(`${url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : undefined
  });
  const answer = await response.text();
  process.stdout.write(`\n${curl(url, request)}\n${response.status} ${answer}\n`);
  if (!response.ok) throw new Failure(`${path} answered ${response.status}`);
}
