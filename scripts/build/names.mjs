// Owns the names of functions and classes in what esbuild has bundled: it names each of them by a call when it
// comes to be, which every start pays for, and every operation that makes a function. Must not know what is
// bundled.

/** @typedef {import('typescript').Node} Node */
/** @typedef {[start: number, end: number]} Range */

/**
 * Code without the calls that name what has that name already: declarations that keep theirs, and functions and
 * classes without one that are the value of a variable or a property of that name. What is taken out leaves
 * blanks, so that a source map stays true.
 *
 * @param {string} code
 */
export async function withoutNeedlessNames(code) {
  // Loaded here and not above: `npm run check` and its kin install it before they build.
  const { default: ts } = await import('typescript');
  const source = ts.createSourceFile('bundle.mjs', code, ts.ScriptTarget.Latest, true);
  /** @type {Range[]} */
  const needless = [];
  /** @param {Node} node */
  const visit = node => {
    if (ts.isCallExpression(node) && node.expression.getText() === '__name') {
      needless.push(...needlessIn(ts, node));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return blanked(code, needless);
}

/**
 * What of a call that names something can go.
 *
 * @param {typeof import('typescript')} ts
 * @param {import('typescript').CallExpression} call
 * @returns {Range[]}
 */
function needlessIn(ts, call) {
  const [named, given] = call.arguments;
  if (named === undefined || given === undefined || !ts.isStringLiteral(given)) return [];
  const name = given.text;
  if (named.kind === ts.SyntaxKind.ThisKeyword) {
    // The only statement of a static block.
    const block = call.parent.parent.parent;
    const { parent: owner } = block;
    if (!ts.isClassExpression(owner) && !ts.isClassDeclaration(owner)) return [];
    const own = owner.name?.text ?? nameOf(ts, owner);
    return own === name ? [[block.getStart(), block.end]] : [];
  }
  if (ts.isIdentifier(named) && ts.isExpressionStatement(call.parent)) {
    return named.text === name ? [[call.parent.getStart(), call.parent.end]] : [];
  }
  const isAnonymous =
    ts.isArrowFunction(named) || (ts.isFunctionExpression(named) && named.name === undefined);
  if (!isAnonymous || nameOf(ts, call) !== name) return [];
  return [
    [call.getFullStart(), named.getStart()],
    [named.end, call.end]
  ];
}

/**
 * The name that the language gives a function or a class without one for where it stands.
 *
 * @param {typeof import('typescript')} ts
 * @param {Node} value
 */
function nameOf(ts, value) {
  const { parent } = value;
  if (ts.isBinaryExpression(parent)) {
    const isAssigned =
      parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && parent.right === value;
    return isAssigned && ts.isIdentifier(parent.left) ? parent.left.text : undefined;
  }
  const gives =
    ts.isVariableDeclaration(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertyDeclaration(parent);
  if (!gives || parent.initializer !== value) return undefined;
  const { name } = parent;
  return 'text' in name ? name.text : undefined;
}

/**
 * @param {string} code
 * @param {Range[]} ranges
 */
function blanked(code, ranges) {
  let result = '';
  let at = 0;
  for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
    result += code.slice(at, start) + code.slice(start, end).replace(/./g, ' ');
    at = end;
  }
  return result + code.slice(at);
}
