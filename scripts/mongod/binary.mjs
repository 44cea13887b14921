// Owns finding a mongod: the environment, the PATH, the cache, and last a download into the cache.
// Must not know how one is downloaded (download.mjs) or started (node.mjs).

import { existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { cacheDirectory } from '../process/paths.mjs';
import { Failure } from '../process/script.mjs';
import { CACHED, downloadMongod } from './download.mjs';

const EXECUTABLE = process.platform === 'win32' ? 'mongod.exe' : 'mongod';

/**
 * The path of a mongod: `$POLYPOOL_MONGOD`, else the first on the PATH, else the cached one, else
 * one that is downloaded now.
 *
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<string>}
 */
export async function findMongod({ signal } = {}) {
  return fromEnvironment() ?? fromPath() ?? fromCache() ?? (await downloadMongod({ signal }));
}

function fromEnvironment() {
  const path = process.env.POLYPOOL_MONGOD;
  if (!path) return undefined;
  if (!isFile(path)) throw new Failure(`POLYPOOL_MONGOD is ${path}, which is not a file`);
  return resolve(path);
}

function fromPath() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(directory => directory !== '')
    .map(directory => join(directory, EXECUTABLE))
    .find(isFile);
}

function fromCache() {
  return CACHED.map(name => join(cacheDirectory(), 'mongod', name, EXECUTABLE)).find(isFile);
}

/** @param {string} path */
function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}
