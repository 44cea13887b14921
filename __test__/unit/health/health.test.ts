/** A health check whose package was taken apart. */
import assert from 'node:assert/strict';
import Module from 'node:module';
import { after, before, describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { checkHealth } = internal<typeof import('../../../lib/health/health.ts')>('health/health');
const { ProcessMeter } =
  internal<typeof import('../../../lib/health/process.ts')>('health/process');

/** How Node.js finds what `require` asks for. */
const finder = Module as unknown as {
  _resolveFilename: (request: string, ...rest: unknown[]) => string;
};

/** A pool that was never used, as far as a check of the level `connection` looks at it. */
const POOL = {
  state: 'disconnected',
  degraded: false,
  isConnected: () => false,
  stats: () => ({ total: {}, waitQueue: {}, topology: 'Unknown', generation: 0 })
};

describe('A health check in a bundle without the package.json', () => {
  const find = finder._resolveFilename;
  let asked = 0;

  before(() => {
    finder._resolveFilename = (request, ...rest) => {
      if (request !== 'polypool/package.json') return find.call(finder, request, ...rest);
      asked += 1;
      throw new Error(`Cannot find module '${request}'`);
    };
  });
  after(() => void (finder._resolveFilename = find));

  it('does not know the version, and does not throw', async () => {
    const check = () => checkHealth(POOL as never, new ProcessMeter(), { level: 'connection' });
    assert.equal((await check()).version, 'unknown');
    assert.equal((await check()).version, 'unknown');
    assert.equal(asked, 1, 'it is looked for once');
  });
});
