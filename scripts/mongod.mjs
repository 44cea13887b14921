// Owns the command `npm run mongod`: a real MongoDB replica set to work against, until Ctrl-C.
// Must not know how a set is started (mongod/replica-set.mjs).

import { parseArgs } from 'node:util';
import { startReplicaSet } from './mongod/replica-set.mjs';
import { say, step } from './process/progress.mjs';
import { Failure, aborted, script } from './process/script.mjs';
import { installDependencies } from './setup/dependencies.mjs';

const USAGE = `Usage: npm run mongod -- [options]

Starts a throw-away MongoDB replica set on 127.0.0.1, prints its URI, and stops it on Ctrl-C.

  --nodes <n>   how many nodes (1)
  --port <n>    the port of the first node, the others follow (free ports)
  --auth        require authentication; the URI carries an administrator's credentials
  --tls         require TLS; the URI names the certificate authority's file
  --json        print {"uri", "ports"} instead of the URI
`;

await script(
  async signal => {
    const { values } = parseArgs({
      options: {
        nodes: { type: 'string', default: '1' },
        port: { type: 'string' },
        auth: { type: 'boolean', default: false },
        tls: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false }
      }
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return;
    }
    const nodes = integer('--nodes', values.nodes, 50);
    const port = values.port === undefined ? undefined : integer('--port', values.port, 65_535);
    await installDependencies({ signal });
    const { auth, tls } = values;
    const set = await step('starting mongod', () =>
      startReplicaSet({ nodes, port, auth, tls, signal })
    );
    try {
      const { uri, ports } = set;
      process.stdout.write(`${values.json ? JSON.stringify({ uri, ports }) : uri}\n`);
      await Promise.race([aborted(signal), set.anyNodeEnded()]);
      if (!signal.aborted) throw new Failure('A mongod ended by itself');
    } finally {
      await set.stop();
      say('mongod stopped');
    }
  },
  { interruptedCode: 0 }
);

/**
 * @param {string} option
 * @param {string} text
 * @param {number} maximum
 */
function integer(option, text, maximum) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw new Failure(`${option} must be a whole number from 1 to ${maximum}, not "${text}"`);
  }
  return value;
}
