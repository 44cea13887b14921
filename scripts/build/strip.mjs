// Owns what of bundled code no process needs. esbuild names each function and each class by a call when it comes to
// be, which every start pays for, and every operation that makes a function; and it keeps the comments of classes,
// a twelfth of the package, which V8 reads. Must not know what is bundled.

/** @typedef {import('typescript').Node} Node */
/** @typedef {[start: number, end: number]} Range */

/** Comments that tools read. */
const TOLD_TOOLS = /^\/\/#|[@#]__PURE__/;

/**
 * Code without comments, and without the calls that name what has that name already: declarations that keep
 * theirs, and functions and classes without one that are the value of a variable or a property of that name. What
 * is taken out leaves blanks, so that a source map stays true.
 *
 * @param {string} code
 */
export async function stripped(code) {
  // Loaded here and not above: `npm run check` and its kin install it before they build.
  const { default: ts } = await import('typescript');
  const source = ts.createSourceFile('bundle.mjs', code, ts.ScriptTarget.Latest, true);
  /** @type {Range[]} */
  const needless = [];
  /** @param {number} start @param {number} end */
  const comment = (start, end) => {
    if (!TOLD_TOOLS.test(code.slice(start, end))) needless.push([start, end]);
  };
  /** @param {Node} node */
  const visit = node => {
    ts.forEachLeadingCommentRange(code, node.getFullStart(), comment);
    ts.forEachTrailingCommentRange(code, node.end, comment);
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
  // A comment may be found twice, and in what is taken out anyway.
  for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
    if (end <= at) continue;
    const from = Math.max(start, at);
    result += code.slice(at, from) + code.slice(from, end).replace(/./g, ' ');
    at = end;
  }
  return result + code.slice(at);
}
