/** The command line of the bench. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArguments } from '../../../bench/arguments.ts';

const URI = ['--uri', 'mongodb://h'];

describe('The command line of the bench', () => {
  it('takes --json with a file and without one', () => {
    const json = (...args: string[]) => parseArguments(args).json;
    assert.equal(json(...URI), undefined);
    assert.equal(json('--json', 'rows.json', ...URI), 'rows.json');
    assert.equal(json('--json', ...URI), '-');
    assert.equal(json(...URI, '--json'), '-');
  });

  it('says what is wrong with it', () => {
    for (const [args, message] of [
      [['--rounds', 'x', ...URI], /--rounds must be a number/],
      [['--case', '(', ...URI], /--case/],
      [['--rows', 'a.json'], /--rows is for --plot/],
      [[], /--uri is missing/],
      [['--jsn', ...URI], /--jsn/]
    ] as const) {
      assert.throws(() => parseArguments([...args]), { name: 'UsageError', message });
    }
  });
});
