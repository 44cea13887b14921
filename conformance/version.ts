// Owns dotted version numbers: `major.minor.patch`, of servers and of the test format.

/** Components of a version, most significant first. */
export type Version = readonly [major: number, minor: number, patch: number];

/** What follows the third component, or is not there, counts as nothing. */
export function parseVersion(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text
    .split(/[.-]/, 3)
    .map(part => Number.parseInt(part) || 0);
  return [major, minor, patch];
}

/** Negative, zero or positive, for sorting. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
