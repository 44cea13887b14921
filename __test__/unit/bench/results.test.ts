/** The page of results: every row is on it, and a loss can be seen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resultsPage } from '../../../bench/results.ts';
import type { Row } from '../../../bench/row.ts';

const ROW: Row = {
  suite: 'find-one',
  case: 'findOne, 64 in flight',
  metric: 'operations',
  unit: '1/s',
  polypool: 12_345,
  peer: 5_000,
  peerName: 'mongodb',
  better: 'higher',
  ratio: 2.469
};

describe('The page of results', () => {
  it('has a table for each suite and a line for each row', () => {
    const page = resultsPage([ROW, { ...ROW, suite: 'http', case: 'a | b' }], 'machine\nversions');
    assert.match(page, /^- machine\n- versions$/m);
    assert.match(page, /^## find-one$/m);
    assert.match(
      page,
      /^\| findOne, 64 in flight \| operations, 1\/s \| 12,300 \| 5,000 \| mongodb \| 2\.47x \|$/m
    );
    assert.match(page, /^## http$/m);
    assert.match(page, /^\| a \\\| b \|/m);
  });

  it('marks what polypool loses', () => {
    const page = resultsPage([ROW, { ...ROW, ratio: 0.9949 }, { ...ROW, ratio: 0.996 }], '');
    assert.match(page, /^Ahead or level in 2 of 3 rows, behind in 1\.$/m);
    assert.equal(page.match(/\*\*0\.99x\*\*/g)?.length, 1);
    assert.match(page, /\| 1\.00x \|/);
  });
});
