/** MongoDB's own specification tests, if they lie beside the repository: each directory must pass. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Row } from '../../conformance/row.ts';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SPECIFICATIONS = join(ROOT, '../shared/specifications');
const MISSING = existsSync(SPECIFICATIONS) ? false : `there is no ${SPECIFICATIONS}`;
const DIRECTORIES = MISSING === false ? directories() : ['all'];

function directories(): string[] {
  const entries = readdirSync(SPECIFICATIONS, { withFileTypes: true });
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => name);
}

describe('MongoDB specifications', { skip: MISSING }, () => {
  let mongod: SharedMongod;
  let folder: string;

  before(async () => {
    mongod = await sharedMongod();
    folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  });

  after(async () => {
    rmSync(folder, { recursive: true });
    await mongod.stop();
  });

  async function run(directory: string): Promise<Row[]> {
    const json = join(folder, `${directory}.json`);
    const loader = ['--import', '@oxc-node/core/register', 'conformance/run.ts'];
    const args = ['--dir', join(SPECIFICATIONS, directory), '--json', json, '--uri', mongod.uri];
    // It ends with 1 when a test fails, which the rows tell better.
    let error: unknown;
    try {
      await promisify(execFile)(process.execPath, [...loader, ...args], { cwd: ROOT });
    } catch (caught) {
      error = caught;
    }
    if (!existsSync(json)) throw error;
    return JSON.parse(readFileSync(json, 'utf8')) as Row[];
  }

  for (const directory of DIRECTORIES) {
    it(`follows ${directory}`, async () => {
      const rows = await run(directory);
      assert(
        rows.some(({ status }) => status === 'passed'),
        'nothing has run'
      );
      const failures = rows.filter(({ status }) => status === 'failed');
      assert.deepEqual(
        failures.map(({ file, test, error }) => `${file}: ${test}: ${error}`),
        []
      );
    });
  }
});
