import { RenderError } from './template.errors.js';
import { FilterFault, FILTERS, textOf } from './template.filters.js';
import { namesIn, namesWithoutDefault } from './template.names.js';
import { CUSTOMER_FIELDS, CUSTOMER_VALUES, dataValue, ownValue, type RenderScope } from './template.scope.js';
import { isCustomerVariable, type Expression, type Statement } from './template.tree.js';
import { COMPARE, contains, isTrue } from './template.values.js';

const MAX_OUTPUT = 20_000;
const MAX_LIST = 100;
/** Far more than a page of 20,000 characters needs; stops loops that print nothing. */
const MAX_STEPS = 100_000;

/** One rendering: what was written so far, the loop variables, the names that had no value. */
export class Rendering {
  output = '';
  readonly missing = new Set<string>();
  readonly locals: unknown[] = [];
  private steps = 0;

  constructor(readonly scope: RenderScope) {}

  write(text: string): void {
    this.output += text;
    if (this.output.length > MAX_OUTPUT) throw new RenderError('TEMPLATE_OUTPUT_TOO_LONG', `The text is over ${MAX_OUTPUT} characters.`);
  }

  spend(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS) throw new RenderError('TEMPLATE_TOO_MUCH_WORK', 'The template does too much work for this data.');
  }
}

type Run = (rendering: Rendering) => void;
type Evaluate = (rendering: Rendering) => unknown;

/** Where the loop variables of a place in the template are kept. */
interface Locals {
  slots: ReadonlyMap<string, number>;
  used: number;
}

/**
 * Turns a checked template into nested closures. No code is generated, so there is nothing for a template to break out
 * of: it can only reach the customer, the data and the filter table.
 */
export function compileTemplate(statements: readonly Statement[]): Run {
  return compileAll(statements, { slots: new Map(), used: 0 });
}

function compileAll(statements: readonly Statement[], locals: Locals): Run {
  const steps = statements.map((statement) => compileStatement(statement, locals));
  return (rendering) => {
    rendering.spend(steps.length);
    for (const step of steps) step(rendering);
  };
}

function compileStatement(statement: Statement, locals: Locals): Run {
  switch (statement.kind) {
    case 'text':
      return (rendering) => rendering.write(statement.text);
    case 'output':
      return compileOutput(statement.value, locals);
    case 'if': {
      const test = compileExpression(statement.test, locals);
      const body = compileAll(statement.body, locals);
      const otherwise = compileAll(statement.otherwise, locals);
      return (rendering) => (isTrue(test(rendering)) ? body(rendering) : otherwise(rendering));
    }
    case 'for':
      return compileLoop(statement, locals);
  }
}

function compileOutput(expression: Expression, locals: Locals): Run {
  const evaluate = compileExpression(expression, locals);
  const names = namesWithoutDefault(expression);
  return (rendering) => {
    const value = evaluate(rendering);
    if (value === null || value === undefined) for (const name of names) rendering.missing.add(name);
    else rendering.write(guarded(() => textOf(value), names));
  };
}

function compileLoop(loop: Extract<Statement, { kind: 'for' }>, locals: Locals): Run {
  const list = compileExpression(loop.list, locals);
  const names = namesWithoutDefault(loop.list);
  const slots = new Map(locals.slots);
  const loopSlot = locals.used;
  slots.set('loop', loopSlot);
  loop.names.forEach((name, index) => slots.set(name, loopSlot + 1 + index));
  const body = compileAll(loop.body, { slots, used: loopSlot + 1 + loop.names.length });
  const otherwise = compileAll(loop.otherwise, locals);

  return (rendering) => {
    const value = list(rendering);
    const items = guarded(() => itemsOf(value, loop.names.length), names);
    if (items.length === 0) {
      if ((value === null || value === undefined) && loop.otherwise.length === 0) for (const name of names) rendering.missing.add(name);
      otherwise(rendering);
      return;
    }
    items.forEach((item, index) => {
      rendering.locals[loopSlot] = {
        index: index + 1,
        index0: index,
        revindex: items.length - index,
        revindex0: items.length - index - 1,
        first: index === 0,
        last: index === items.length - 1,
        length: items.length,
      };
      if (loop.names.length === 1) rendering.locals[loopSlot + 1] = item;
      else for (let part = 0; part < 2; part++) rendering.locals[loopSlot + 1 + part] = ownValue(item, part);
      body(rendering);
    });
  };
}

/** The items of a list, or with two loop names the pairs of an object. */
function itemsOf(value: unknown, names: number): readonly unknown[] {
  if (value === null || value === undefined) return [];
  const items = names === 2 && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : value;
  if (!Array.isArray(items)) throw new FilterFault('is not a list');
  if (items.length > MAX_LIST) throw new FilterFault(`holds more than ${MAX_LIST} items`);
  return items;
}

function compileExpression(expression: Expression, locals: Locals): Evaluate {
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'list':
      return () => expression.items;
    case 'name':
      return compileName(expression.name, locals);
    case 'member':
      return compileMember(expression, locals);
    case 'filter':
      return compileFilter(expression, locals);
    case 'choice': {
      const test = compileExpression(expression.test, locals);
      const chosen = compileExpression(expression.chosen, locals);
      const otherwise = expression.otherwise ? compileExpression(expression.otherwise, locals) : () => '';
      return (rendering) => (isTrue(test(rendering)) ? chosen(rendering) : otherwise(rendering));
    }
    case 'not': {
      const operand = compileExpression(expression.operand, locals);
      return (rendering) => !isTrue(operand(rendering));
    }
    default:
      return compilePair(expression, compileExpression(expression.left, locals), compileExpression(expression.right, locals));
  }
}

type Pair = Extract<Expression, { left: Expression }>;

function compilePair(pair: Pair, left: Evaluate, right: Evaluate): Evaluate {
  switch (pair.kind) {
    case 'and':
      return (rendering) => {
        const value = left(rendering);
        return isTrue(value) ? right(rendering) : value;
      };
    case 'or':
      return (rendering) => {
        const value = left(rendering);
        return isTrue(value) ? value : right(rendering);
      };
    case 'in':
      return (rendering) => contains(right(rendering), left(rendering));
    case 'compare': {
      const compare = COMPARE[pair.operator];
      return (rendering) => {
        const [first, second] = [left(rendering), right(rendering)];
        rendering.spend(1 + workOf(first) + workOf(second));
        return compare(first, second);
      };
    }
  }
}

function compileName(name: string, { slots }: Locals): Evaluate {
  const slot = slots.get(name);
  if (slot !== undefined) return (rendering) => rendering.locals[slot];
  if (isCustomerVariable(name)) {
    const read = CUSTOMER_VALUES[name];
    return ({ scope }) => (scope.customer ? read(scope.customer) : undefined);
  }
  return ({ scope }) => dataValue(scope, name);
}

function compileMember({ target, key }: Extract<Expression, { kind: 'member' }>, locals: Locals): Evaluate {
  if (target.kind === 'name' && target.name === 'customer') {
    const read = CUSTOMER_FIELDS.get(String(key));
    return ({ scope }) => (scope.customer ? read?.(scope.customer) : undefined);
  }
  const holder = compileExpression(target, locals);
  return (rendering) => ownValue(holder(rendering), key);
}

function compileFilter({ filter, input, args }: Extract<Expression, { kind: 'filter' }>, locals: Locals): Evaluate {
  const definition = FILTERS[filter];
  const value = compileExpression(input, locals);
  const evaluateArgs = args.map((arg) => compileExpression(arg, locals));
  const names = namesIn(input);
  return (rendering) => {
    const subject = value(rendering);
    // Filters copy texts: their length is work too.
    rendering.spend(1 + workOf(subject));
    if ((subject === null || subject === undefined) && !definition.takesAbsent) return undefined;
    const values = evaluateArgs.map((evaluate) => evaluate(rendering));
    const result = guarded(() => definition.apply(subject, values, rendering.scope), names, filter);
    rendering.spend(workOf(result));
    return result;
  };
}

/** What it costs to look through a value once. */
function workOf(value: unknown): number {
  if (typeof value === 'string') return value.length >> 5;
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + 1 + workOf(item), 0) : 0;
}

/** Turns a fault into an error that names the variable and, where one was at work, the filter. */
function guarded<T>(work: () => T, names: readonly string[], filter?: string): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FilterFault)) throw error;
    const subject = names.length > 0 ? names.join(', ') : 'A value';
    throw new RenderError('TEMPLATE_VALUE_INVALID', `${subject} ${error.message}${filter ? ` (filter ${filter})` : ''}.`);
  }
}
