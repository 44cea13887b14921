/** Fields as they may be logged: without secrets, and of a size that a log can take. */

/** Names of values that are never shown. */
const SECRET = /pass(word|phrase)|^pwd$|secret|token$|credential|authorization|^key$|privatekey/i;

/** Who logs in, in a connection string. */
const USER_INFORMATION = /(:\/\/)[^\s/?#"'<>]*@/g;

/** The options of a connection string that are one, or have one in them: `.secret()` in `src/config/option.rs`. */
const SECRET_OPTION =
  /([?&](?:tlsCertificateKeyFilePassword|proxyPassword|proxyUsername|authMechanismProperties)=)[^\s&#"'<>]*/gi;

const HIDDEN = '[redacted]';

/** How deep objects are shown, and how many of an array. */
const DEEPEST = 4;
const LONGEST = 20;

/** A text without the user information, and without secret options, of the connection strings in it. */
export function redactText(text: string): string {
  return text.replace(USER_INFORMATION, '$1***@').replace(SECRET_OPTION, '$1***');
}

/** A copy of fields that may be shown. */
export function redactFields(fields: object, depth = 0): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    // A resume token is a place in a stream.
    const isSecret = SECRET.test(name) && name !== 'resumeToken';
    shown[name] = isSecret ? HIDDEN : redactValue(value, depth);
  }
  return shown;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value instanceof Error) return redactError(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- values of BSON have one of their own
  if ('_bsontype' in value) return redactText(String(value));
  if (depth >= DEEPEST) return '…';
  if (Array.isArray(value)) {
    return value.slice(0, LONGEST).map(one => redactValue(one, depth + 1));
  }
  return redactFields(value, depth + 1);
}

/** What tells errors apart; not what was sent to the server. */
function redactError(error: Error): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  const message = redactText(error.message);
  return { name: error.name, message, ...(code !== undefined && { code }) };
}
