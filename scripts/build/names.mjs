// Owns the names of functions and classes in what esbuild has bundled: it names each of them by a call when it
// comes to be, which every start pays for, and every operation that makes a function. Must not know what is
// bundled.

/**
 * Code without the calls that name what has that name already: declarations that keep theirs, and functions and
 * classes without one that are the value of a variable or a property of that name. What is taken out leaves
 * blanks, so that a source map stays true.
 *
 * @param {string} code
 */
export async function withoutNeedlessNames(code) {
  const { default: ts } = await import('typescript');
  const source = ts.createSourceFile('bundle.mjs', code, ts.ScriptTarget.Latest, true);
  /** @type {[start: number, end: number][]} */
  const needless = [];

  /** @param {import('typescript').Node} node */
  const visit = node => {
    if (ts.isCallExpression(node) && node.expression.getText() === '__name') {
      const [named, name] = node.arguments;
      const { parent } = node;
      if (named.kind === ts.SyntaxKind.ThisKeyword) {
        const block = parent.parent.parent;
        const { parent: named } = block;
        const own = named.name?.text ?? nameOf(ts, named.parent, named);
        if (own === name.text) needless.push([block.getStart(), block.end]);
      } else if (ts.isIdentifier(named) && ts.isExpressionStatement(parent)) {
        if (named.text === name.text) needless.push([parent.getStart(), parent.end]);
      } else if (isAnonymous(ts, named) && nameOf(ts, parent, node) === name.text) {
        needless.push([node.getFullStart(), named.getStart()], [named.end, node.end]);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return blanked(code, needless);
}

/** A function without a name of its own; a class may refer to itself, and what names it is in it. */
function isAnonymous(ts, node) {
  return ts.isArrowFunction(node) || (ts.isFunctionExpression(node) && node.name === undefined);
}

/** The name that the language gives a function which stands there. */
function nameOf(ts, parent, value) {
  if (ts.isBinaryExpression(parent)) {
    const assigns = parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    return assigns && parent.right === value ? parent.left.text : undefined;
  }
  const gives =
    ts.isVariableDeclaration(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertyDeclaration(parent);
  return gives && parent.initializer === value ? parent.name.text : undefined;
}

/**
 * @param {string} code
 * @param {[start: number, end: number][]} ranges
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
