// Owns knowing whether something built is up to date: a hash of its inputs, kept beside the caches of
// other tools. Contents are compared, since the times of files say nothing after a checkout.
// Must not know what is built or how.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../process/paths.mjs';

/** Where the build keeps what is no output, beside the caches of other tools. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'polypool');

/** The hash of what a build was made from, and the way it was made. */
export class Stamp {
  #path;
  #inputs;

  /**
   * @param {string} name
   * @param {readonly string[]} inputs files and directories, relative to the repository
   */
  constructor(name, inputs) {
    this.#path = join(CACHE, name);
    this.#inputs = inputs;
  }

  /**
   * The variant that was built from the inputs as they are now; undefined when they have changed.
   *
   * @returns {string | undefined}
   */
  freshVariant() {
    if (!existsSync(this.#path)) return undefined;
    const [hash, variant] = readFileSync(this.#path, 'utf8').split(' ');
    return hash === this.#hash() ? variant : undefined;
  }

  /**
   * Takes the hash now, before a build: what changes while it runs is not in it.
   *
   * @param {string} variant
   * @returns {() => void} records that the build is done
   */
  begin(variant) {
    const content = `${this.#hash()} ${variant}`;
    return () => {
      mkdirSync(CACHE, { recursive: true });
      writeFileSync(this.#path, content);
    };
  }

  #hash() {
    const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
    for (const file of this.#inputs.flatMap(input => filesOf(input))) {
      hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
    }
    return hash.digest('hex');
  }
}

/**
 * The files at or below a path, sorted, relative to the repository; none when it does not exist.
 *
 * @param {string} path
 * @returns {string[]}
 */
function filesOf(path) {
  const absolute = join(ROOT, path);
  if (!existsSync(absolute)) return [];
  if (statSync(absolute).isFile()) return [path];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}
