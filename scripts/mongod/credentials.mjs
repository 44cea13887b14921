// Owns the secrets of a throw-away replica set: the key file its nodes share, its administrator, its
// certificates. Made anew for each set, without network. Must not know how they are used.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/command.mjs';
import { Failure } from '../process/script.mjs';
import { HOST } from './port.mjs';

/** The administrator of every set with authentication; nobody can reach it from another machine. */
export const ADMINISTRATOR = { user: 'admin', password: 'polypool' };

/** How long a certificate is valid: longer than any run. */
const DAYS = '30';

const OPENSSL_CONFIG = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:localhost, IP:${HOST}
`;

/** Asks for a certificate, with a key of its own. */
const REQUEST = [
  ...['req', '-config', 'openssl.cnf'],
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']
];

/**
 * Writes a key file, by which the nodes of a set know each other.
 *
 * @param {string} directory
 * @returns {Promise<string>} its path
 */
export async function writeKeyFile(directory) {
  const path = join(directory, 'key-file');
  await writeFile(path, randomBytes(256).toString('base64'), { mode: 0o400 });
  return path;
}

/**
 * Makes a certificate authority and a server certificate for localhost and 127.0.0.1.
 *
 * @param {string} parent the directory they are put into
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ authority: string, server: string }>} the paths of the authority's certificate,
 *   and of the server's with its key
 */
export async function makeCertificates(parent, signal) {
  const directory = join(parent, 'tls');
  await mkdir(directory);
  await writeFile(join(directory, 'openssl.cnf'), OPENSSL_CONFIG);
  try {
    await openssl(directory, ['version'], signal);
  } catch (cause) {
    throw new Failure('TLS needs the openssl program (3.0 or newer) on the PATH', { cause });
  }
  const authority = [
    ...[...REQUEST, '-x509', '-extensions', 'authority', '-days', DAYS],
    ...['-subj', '/CN=polypool test authority', '-keyout', 'ca.key', '-out', 'ca.pem']
  ];
  await openssl(directory, authority, signal);
  const server = await makeCertificate(parent, 'server', '/O=polypool/CN=localhost', signal);
  return { authority: join(directory, 'ca.pem'), server };
}

/**
 * Makes a certificate that the authority of {@link makeCertificates} vouches for.
 *
 * @param {string} parent the directory that the authority was made in
 * @param {string} name of the files
 * @param {string} subject as openssl takes it
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>} the path of the certificate with its key
 */
export async function makeCertificate(parent, name, subject, signal) {
  const directory = join(parent, 'tls');
  const request = ['-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`];
  await openssl(directory, [...REQUEST, ...request], signal);
  const signature = [
    ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    ...['-CAcreateserial', '-extfile', 'openssl.cnf', '-extensions', 'server'],
    ...['-days', DAYS, '-out', `${name}.crt`]
  ];
  await openssl(directory, signature, signal);
  const parts = [`${name}.crt`, `${name}.key`].map(part => readFile(join(directory, part), 'utf8'));
  const path = join(directory, `${name}.pem`);
  await writeFile(path, (await Promise.all(parts)).join(''), { mode: 0o600 });
  return path;
}

/**
 * @param {string} directory
 * @param {string[]} args
 * @param {AbortSignal} [signal]
 */
async function openssl(directory, args, signal) {
  await run('openssl', args, { cwd: directory, signal, output: 'capture' });
}
