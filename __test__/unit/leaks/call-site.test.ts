/** Where in the application something was made, in a package of its own and in an application's bundle. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const OWN = resolve(import.meta.dirname, '../../../dist/lib/leaks/call-site.js');

/** An application, and what of polypool is between it and the place that is told. */
const APPLICATION = `
  const { callSite } = require(${JSON.stringify(OWN)});
  class Thing {}
  class Cursor extends Thing {
    constructor() {
      super();
      this.made = callSite(new.target);
    }
  }
  class FindCursor extends Cursor {}
  function find() {
    return new FindCursor();
  }
  exports.query = function () {
    return find().made;
  };
  exports.handler = function () {
    return exports.query();
  };`;

describe('The place where something was made', () => {
  const directory = mkdtempSync(join(tmpdir(), 'polypool-call-site-'));

  after(() => rmSync(directory, { recursive: true }));

  function placeIn(file: string): string[] {
    const { handler } = require(file) as { handler: () => string };
    const frames = handler().split('\n');
    assert.ok(frames.every(frame => /^ +at /.test(frame)));
    return frames
      .slice(0, 2)
      .map(frame => /at (?:\S+\.)?(query|handler) /.exec(frame)?.[1] ?? frame);
  }

  it("has the application's frames alone", () => {
    const file = join(directory, 'application.js');
    writeFileSync(file, APPLICATION);
    assert.deepEqual(placeIn(file), ['query', 'handler']);
  });

  for (const minify of [false, true]) {
    it(`has them in a bundle, too${minify ? ', whose names are gone' : ''}`, async () => {
      const outfile = join(directory, `bundle-${minify}.js`);
      await build({
        stdin: { contents: APPLICATION, resolveDir: directory },
        outfile,
        bundle: true,
        platform: 'node',
        format: 'cjs',
        minifyWhitespace: minify,
        minifySyntax: minify,
        logLevel: 'error'
      });
      assert.deepEqual(placeIn(outfile), ['query', 'handler']);
    });
  }
});
