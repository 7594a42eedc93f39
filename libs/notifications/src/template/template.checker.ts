import { TemplateRefusal, type RefusalReason, type TemplatePosition } from './template.errors.js';
import { FILTER_NAMES, FILTERS, isFilterName } from './template.filters.js';
import { COMPARE_OPERATORS, isReservedName, type CompareOperator, type Expression, type Statement } from './template.tree.js';

/** A node as the nunjucks parser makes it; positions count from 0. Which other fields it has depends on `typename`. */
export interface ParsedNode {
  readonly typename: string;
  readonly lineno: number;
  readonly colno: number;
  readonly [field: string]: unknown;
}

type Literal = string | number | boolean | null;

const NAME = /^[\p{L}_][\p{L}\p{N}_]{0,63}$/u;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_LOOP_DEPTH = 2;
const MAX_LIST = 100;
const MAX_DEPTH = 200;

/** Names of what people try, where the parser's own name says little. */
const WHAT: Readonly<Record<string, string>> = {
  FunCall: 'a call',
  Set: 'set',
  Include: 'include',
  Extends: 'extends',
  Import: 'import',
  FromImport: 'import',
  Macro: 'macro',
  Caller: 'call',
  Block: 'block',
  Super: 'super',
  Switch: 'switch',
  Capture: 'a block filter',
  AsyncEach: 'asyncEach',
  AsyncAll: 'asyncAll',
  Dict: 'an object literal',
  KeywordArgs: 'a named argument',
  Is: 'a test with is',
};

/** Walks a parsed template along the allow-list and rewrites it as {@link Statement}s: what has no row here is refused. */
class Checker {
  private depth = 0;

  constructor(private readonly originOf: (line: number, column: number) => TemplatePosition) {}

  statements(node: unknown, loops: number): Statement[] {
    return childrenOf(node).flatMap((child) => this.statement(child, loops));
  }

  private statement(node: ParsedNode, loops: number): Statement[] {
    const check = STATEMENTS[node.typename];
    return check ? this.deeper(node, () => check(this, node, loops)) : this.refuseNode(node);
  }

  expression(node: unknown): Expression {
    if (!isNode(node)) throw new TypeError('The template parser gave an expression without a node.');
    const check = EXPRESSIONS[node.typename];
    return check ? this.deeper(node, () => check(this, node)) : this.refuseNode(node);
  }

  refuse(node: ParsedNode, reason: RefusalReason, explanation: string): never {
    throw new TemplateRefusal(reason, this.originOf(node.lineno, node.colno), explanation);
  }

  refuseNode(node: ParsedNode): never {
    return this.refuse(node, 'TEMPLATE_NOT_ALLOWED', `${WHAT[node.typename] ?? node.typename} is not part of the template language`);
  }

  name(node: unknown): string {
    if (!isNode(node) || node.typename !== 'Symbol' || typeof node['value'] !== 'string') return this.refuseNode(node as ParsedNode);
    const name = node['value'];
    if (!NAME.test(name) || FORBIDDEN_KEYS.has(name))
      this.refuse(node, 'TEMPLATE_NAME_NOT_ALLOWED', 'this is no name that a variable may have');
    return name;
  }

  key(node: unknown): string | number {
    if (!isNode(node)) throw new TypeError('The template parser gave a lookup without a key.');
    const key = node['value'];
    if (node.typename !== 'Literal' || (typeof key !== 'string' && typeof key !== 'number')) {
      this.refuse(node, 'TEMPLATE_NOT_ALLOWED', 'a computed key is not part of the template language');
    }
    if (FORBIDDEN_KEYS.has(String(key))) this.refuse(node, 'TEMPLATE_NAME_NOT_ALLOWED', 'this field cannot be read');
    return key;
  }

  literal(node: unknown): Literal {
    const expression = this.expression(node);
    if (expression.kind !== 'literal') return this.refuse(node as ParsedNode, 'TEMPLATE_NOT_ALLOWED', 'only literal values may stand here');
    return expression.value;
  }

  private deeper<T>(node: ParsedNode, check: () => T): T {
    this.depth++;
    if (this.depth > MAX_DEPTH) this.refuse(node, 'TEMPLATE_TOO_COMPLEX', 'the template is nested too deeply');
    const result = check();
    this.depth--;
    return result;
  }
}

const STATEMENTS: Readonly<Record<string, (checker: Checker, node: ParsedNode, loops: number) => Statement[]>> = {
  Output: (checker, node) =>
    childrenOf(node).map((child) => {
      if (child.typename === 'TemplateData') return { kind: 'text', text: String(child['value']) };
      const value = checker.expression(child);
      return value.kind === 'literal' ? { kind: 'text', text: String(value.value ?? '') } : { kind: 'output', value };
    }),
  If: (checker, node, loops) => [
    {
      kind: 'if',
      test: checker.expression(node['cond']),
      body: checker.statements(node['body'], loops),
      otherwise: elseOf(checker, node['else_'], loops),
    },
  ],
  For: (checker, node, loops) => {
    if (loops === MAX_LOOP_DEPTH) checker.refuse(node, 'TEMPLATE_LOOPS_TOO_DEEP', `loops nest at most ${MAX_LOOP_DEPTH} deep`);
    const target = node['name'];
    const targets = isNode(target) && target.typename === 'Array' ? childrenOf(target) : [target];
    const names = targets.map((each) => checker.name(each));
    if (names.length > 2) checker.refuse(node, 'TEMPLATE_NOT_ALLOWED', 'a loop has one name, or two for keys and values');
    if (names.some(isReservedName)) checker.refuse(node, 'TEMPLATE_NAME_NOT_ALLOWED', 'a loop cannot take the name of a customer variable');
    const list = checker.expression(node['arr']);
    return [
      { kind: 'for', names, list, body: checker.statements(node['body'], loops + 1), otherwise: elseOf(checker, node['else_'], loops) },
    ];
  },
};

const EXPRESSIONS: Readonly<Record<string, (checker: Checker, node: ParsedNode) => Expression>> = {
  Literal: (checker, node) => {
    const value = node['value'];
    const isPlain = value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain
      ? { kind: 'literal', value }
      : checker.refuse(node, 'TEMPLATE_NOT_ALLOWED', 'a regular expression is not part of the template language');
  },
  Neg: (checker, node) => {
    const value = checker.literal(node['target']);
    return typeof value === 'number'
      ? { kind: 'literal', value: -value }
      : checker.refuse(node, 'TEMPLATE_NOT_ALLOWED', 'only a number can be negative');
  },
  Array: (checker, node) => {
    const items = childrenOf(node).map((child) => checker.literal(child));
    return items.length <= MAX_LIST
      ? { kind: 'list', items }
      : checker.refuse(node, 'TEMPLATE_TOO_COMPLEX', `a list holds at most ${MAX_LIST} items`);
  },
  Group: (checker, node) => {
    const children = childrenOf(node);
    return children.length === 1
      ? checker.expression(children[0])
      : checker.refuse(node, 'TEMPLATE_SYNTAX', 'one expression belongs between the parentheses');
  },
  Symbol: (checker, node) => {
    const name = checker.name(node);
    if (name === 'customer') checker.refuse(node, 'TEMPLATE_NOT_ALLOWED', 'name a field of the customer, as in customer.city');
    return { kind: 'name', name };
  },
  LookupVal: (checker, node) => {
    const target = node['target'];
    const isCustomer = isNode(target) && target.typename === 'Symbol' && target['value'] === 'customer';
    return {
      kind: 'member',
      target: isCustomer ? { kind: 'name', name: 'customer' } : checker.expression(target),
      key: checker.key(node['val']),
    };
  },
  Filter: checkFilter,
  InlineIf: (checker, node) => ({
    kind: 'choice',
    test: checker.expression(node['cond']),
    chosen: checker.expression(node['body']),
    otherwise: isNode(node['else_']) ? checker.expression(node['else_']) : null,
  }),
  And: (checker, node) => ({ kind: 'and', left: checker.expression(node['left']), right: checker.expression(node['right']) }),
  Or: (checker, node) => ({ kind: 'or', left: checker.expression(node['left']), right: checker.expression(node['right']) }),
  In: (checker, node) => ({ kind: 'in', left: checker.expression(node['left']), right: checker.expression(node['right']) }),
  Not: (checker, node) => ({ kind: 'not', operand: checker.expression(node['target']) }),
  Compare: (checker, node) => {
    const [step, ...more] = node['ops'] as ParsedNode[];
    if (!step || more.length > 0 || !isCompareOperator(step['type'])) {
      return checker.refuse(node, 'TEMPLATE_NOT_ALLOWED', 'compare two values at a time and join the comparisons with and');
    }
    return { kind: 'compare', operator: step['type'], left: checker.expression(node['expr']), right: checker.expression(step['expr']) };
  },
};

function checkFilter(checker: Checker, node: ParsedNode): Expression {
  const filter = checker.name(node['name']);
  if (!isFilterName(filter)) return checker.refuse(node, 'TEMPLATE_FILTER_UNKNOWN', `the filters are ${FILTER_NAMES.join(', ')}`);
  const [input, ...args] = childrenOf(node['args']);
  const [fewest, most] = FILTERS[filter].args;
  if (args.length < fewest || args.length > most) {
    checker.refuse(node, 'TEMPLATE_FILTER_ARGUMENTS', `${filter} takes ${fewest === most ? fewest : `${fewest} to ${most}`} arguments`);
  }
  return { kind: 'filter', filter, input: checker.expression(input), args: args.map((arg) => checker.expression(arg)) };
}

const isNode = (value: unknown): value is ParsedNode => typeof value === 'object' && value !== null && 'typename' in value;
const isCompareOperator = (value: unknown): value is CompareOperator => (COMPARE_OPERATORS as readonly unknown[]).includes(value);
const childrenOf = (node: unknown): ParsedNode[] => (isNode(node) ? (node['children'] as ParsedNode[]) : []);

/** An `elif` arrives as an If where the others have a list. */
function elseOf(checker: Checker, node: unknown, loops: number): Statement[] {
  if (!isNode(node)) return [];
  return node.typename === 'If' ? (STATEMENTS['If']?.(checker, node, loops) ?? []) : checker.statements(node, loops);
}

/**
 * The allow-list: output, `if`, `for`, comparisons, lookups by literal key and the named filters. Raises
 * {@link TemplateRefusal} for the first thing outside it; `originOf` finds the author's line and column.
 */
export function checkTemplate(root: ParsedNode, originOf: (line: number, column: number) => TemplatePosition): readonly Statement[] {
  return new Checker(originOf).statements(root, 0);
}
