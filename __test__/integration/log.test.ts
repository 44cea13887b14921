/** Log messages as a process writes them. Which there are and what they say, `compat` compares. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

const run = promisify(execFile);

describe('Log messages', () => {
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
  });
  after(() => mongod.stop());

  /** What a process writes that pings once with a pool of these options. */
  async function written(
    options: string,
    environment: NodeJS.ProcessEnv = {}
  ): Promise<{ stdout: string; stderr: string }> {
    const script = `
      const { PolyPool } = require('polypool');
      (async () => {
        const pool = await PolyPool.connect(process.env.URI, ${options});
        await pool.db('admin').command({ ping: 1 });
        await pool.close();
      })();
    `;
    const env = { ...process.env, ...environment, URI: mongod.uri };
    return await run(process.execPath, ['-e', script], { env });
  }

  it('go to stderr when the environment asks for them', async () => {
    const { stdout, stderr } = await written('{}', { MONGODB_LOG_COMMAND: 'debug' });
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /c: 'command', s: 'debug', commandName: 'ping', .*message: 'Command started'/
    );
    assert.match(stderr, /message: 'Command succeeded'/);
  });

  it('go to stdout where an option says so, whatever the environment says', async () => {
    const options =
      "{ mongodbLogPath: 'stdout', mongodbLogComponentSeverities: { client: 'debug' } }";
    const variables = { MONGODB_LOG_PATH: 'stderr', MONGODB_LOG_CONNECTION: 'debug' };
    const { stdout, stderr } = await written(options, variables);
    assert.equal(stderr, '');
    assert.match(stdout, /message: 'Connection pool created'/);
  });

  it('are none by default', async () => {
    const { stdout, stderr } = await written('{}');
    assert.deepEqual([stdout, stderr], ['', '']);
  });

  it('end with one on stderr where they can not be written', async () => {
    const options = `{
      mongodbLogComponentSeverities: { command: 'debug', client: 'error' },
      mongodbLogPath: { write: () => Promise.reject(new Error('the disk is full')) }
    }`;
    const { stderr } = await written(options);
    assert.match(stderr, /Logging is halted.*the disk is full/);
  });
});
