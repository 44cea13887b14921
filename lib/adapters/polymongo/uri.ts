/** Connection strings, as far as a wrapper looks into them. */

/** The database that one names. */
export function databaseIn(uri: string): string | undefined {
  const [, name] = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]*)/.exec(uri) ?? [];
  return name ? decodeURIComponent(name) : undefined;
}

/** Whether one sets an option. */
export function sets(uri: string, option: string): boolean {
  return new RegExp(`[?&]${option}=`, 'i').test(uri);
}

/** One without who logs in. */
export function withoutLogin(uri: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/)[^/]*@/, '$1');
}
