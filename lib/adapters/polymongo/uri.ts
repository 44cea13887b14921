/** Connection strings, as far as a wrapper looks into them. */

/** The database that one names. */
export function databaseIn(uri: string): string | undefined {
  const [, name] = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]*)/.exec(uri) ?? [];
  return name ? decodeURIComponent(name) : undefined;
}

/** What one says of an option. */
export function valueIn(uri: string, option: string): string | undefined {
  return new RegExp(`[?&]${option}=([^&]*)`, 'i').exec(uri)?.[1];
}
