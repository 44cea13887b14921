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
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const request = ['req', '-config', 'openssl.cnf', ...key];

  /** @param {string[]} args */
  const openssl = (...args) => run('openssl', args, { cwd: directory, signal, output: 'capture' });
  try {
    await openssl('version');
  } catch (cause) {
    throw new Failure('TLS needs the openssl program (3.0 or newer) on the PATH', { cause });
  }
  await openssl(
    ...[...request, '-x509', '-extensions', 'authority', '-days', DAYS],
    ...['-subj', '/CN=polypool test authority', '-keyout', 'ca.key', '-out', 'ca.pem']
  );
  await openssl(
    ...[...request, '-subj', '/O=polypool/CN=localhost'],
    ...['-keyout', 'server.key', '-out', 'server.csr']
  );
  await openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    ...['-CAcreateserial', '-extfile', 'openssl.cnf', '-extensions', 'server'],
    ...['-days', DAYS, '-out', 'server.crt']
  );
  const parts = ['server.crt', 'server.key'].map(name => readFile(join(directory, name), 'utf8'));
  const server = join(directory, 'server.pem');
  await writeFile(server, (await Promise.all(parts)).join(''), { mode: 0o600 });
  return { authority: join(directory, 'ca.pem'), server };
}
