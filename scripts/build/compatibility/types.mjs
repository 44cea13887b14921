// Owns what a package's declarations say of its classes: their public members, and how many
// parameters each takes. Must not know what there is at run time, nor which package is compared.

import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../../process/paths.mjs';

/**
 * A member as it is declared. `required` and `most` count parameters over all overloads; they are
 * undefined for what is no method.
 *
 * @typedef {{ isStatic: boolean,  owner?: string, file: string,
 *   required?: number, most?: number }} Declared
 */

/** Names that TypeScript gives to members under well-known symbols: `__@asyncIterator@41`. */
const SYMBOL = /^__@(\w+)@\d+$/;

/** Declares nothing of its own: Node.js's emitter, typed. */
const EMITTER = 'TypedEventEmitter';

export class Declarations {
  #checker;
  /** @type {Map<string, ts.Symbol>} */
  #exports;
  #file;

  /**
   * @param {ts.Program} program
   * @param {string} file
   */
  constructor(program, file) {
    this.#checker = program.getTypeChecker();
    this.#file = file;
    const source = program.getSourceFile(file);
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module`);
    const exports = this.#checker.getExportsOfModule(module);
    this.#exports = new Map(exports.map(symbol => [symbol.name, this.#resolved(symbol)]));
  }

  /**
   * Two packages' declarations, whose types are in one program.
   *
   * @param {string} first relative to the repository
   * @param {string} second
   * @returns {[Declarations, Declarations]}
   */
  static read(first, second) {
    const paths = /** @type {const} */ ([join(ROOT, first), join(ROOT, second)]);
    const program = ts.createProgram(paths, {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Node20,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
      skipLibCheck: true,
      strict: true
    });
    return [new Declarations(program, paths[0]), new Declarations(program, paths[1])];
  }

  /** Everything exported, types among it. */
  get names() {
    return [...this.#exports.keys()];
  }

  /** Whether a name is declared here, and not passed on from another package. @param {string} name */
  declares(name) {
    const declarations = this.#exports.get(name)?.declarations ?? [];
    return declarations.some(one => one.getSourceFile().fileName === this.#file);
  }

  /** The public members of a class by name. @param {string} name @returns {Map<string, Declared>} */
  members(name) {
    const symbol = this.#exports.get(name);
    if (!symbol || !(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias))) {
      return new Map();
    }
    // A class may have the driver's type, by a variable and an alias of one name.
    const instance = this.#checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    const statics = this.#checker.getTypeOfSymbol(symbol).getProperties();
    return new Map([...this.#declared(statics, true), ...this.#declared(instance, false)]);
  }

  /**
   * @param {ts.Symbol[]} members
   * @param {boolean} isStatic
   * @returns {[string, Declared][]}
   */
  #declared(members, isStatic) {
    return members
      .filter(member => isPublic(member) && member.name !== 'prototype')
      .map(member => {
        const file = member.declarations?.[0]?.getSourceFile().fileName ?? '';
        const owner = parentOf(member);
        return [nameOf(member), { isStatic, owner, file, ...this.#parameters(member) }];
      });
  }

  /** @param {ts.Symbol} member */
  #parameters(member) {
    const signatures = this.#checker.getTypeOfSymbol(member).getCallSignatures();
    if (signatures.length === 0) return {};
    const lists = signatures.map(signature => signature.getDeclaration().parameters);
    return {
      required: Math.min(...lists.map(list => list.filter(isRequired).length)),
      most: Math.max(...lists.map(list => list.length))
    };
  }

  /** @param {ts.Symbol} symbol */
  #resolved(symbol) {
    const isAlias = symbol.flags & ts.SymbolFlags.Alias;
    return isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}

/** @param {ts.ParameterDeclaration} parameter */
function isRequired({ questionToken, initializer, dotDotDotToken }) {
  return !questionToken && !initializer && !dotDotDotToken;
}

/** What Node.js's own classes have is everybody's. @param {ts.Symbol} member */
function isPublic(member) {
  const declarations = member.declarations ?? [];
  if (parentOf(member) === EMITTER) return false;
  return declarations.some(one => {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    if (ts.getCombinedModifierFlags(one) & hidden) return false;
    if (ts.isPrivateIdentifier(ts.getNameOfDeclaration(one) ?? one)) return false;
    return !/@types[\\/]node|typescript[\\/]lib/.test(one.getSourceFile().fileName);
  });
}

/** The class that declares a member. @param {ts.Symbol} member */
function parentOf(member) {
  const parent = member.declarations?.[0]?.parent;
  const isType = parent && (ts.isClassDeclaration(parent) || ts.isInterfaceDeclaration(parent));
  return isType ? parent.name?.text : undefined;
}

/** @param {ts.Symbol} member */
function nameOf({ name }) {
  const [, symbol] = SYMBOL.exec(name) ?? [];
  return symbol === undefined ? name : `[Symbol.${symbol}]`;
}
