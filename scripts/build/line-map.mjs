// Owns how much a source map tells: for each line of a bundle the line it came from, which is what stack
// traces are read for. Columns take three quarters of a map. Must not know what is bundled.

/**
 * A source map with the first place of each line alone.
 *
 * @param {string} map - as JSON
 */
export async function lineMap(map) {
  // Loaded here and not above: `npm run check` and its kin install it before they build.
  const { decode, encode } = await import('@jridgewell/sourcemap-codec');
  const whole = JSON.parse(map);
  const lines = decode(whole.mappings).map(places => {
    // One without a source is of code that the bundler wrote.
    const [, source, line] = places.find(place => place.length > 1) ?? [];
    return source === undefined || line === undefined
      ? []
      : [/** @type {[number, number, number, number]} */ ([0, source, line, 0])];
  });
  return JSON.stringify({ ...whole, names: [], mappings: encode(lines) });
}
