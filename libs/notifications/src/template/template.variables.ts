import { pathOf } from './template.names.js';
import { isCustomerVariable, type Expression, type Statement } from './template.tree.js';

/** A variable of a template. `required`: it is printed somewhere without a default and without a condition on it. */
export interface TemplateVariable {
  name: string;
  required: boolean;
  source: 'customer' | 'data';
}

/** Names that a surrounding condition or loop takes care of. */
interface Surroundings {
  locals: ReadonlySet<string>;
  tested: ReadonlySet<string>;
}

/** The variables in order of appearance; data variables by their first name (`order` of `order.code`), the customer's in full. */
export function listVariables(statements: readonly Statement[]): TemplateVariable[] {
  const found = new Map<string, TemplateVariable>();
  visitAll(statements, { locals: new Set(), tested: new Set() }, (root, path, needed) => {
    const isCustomer = root === 'customer' || isCustomerVariable(root);
    const name = root === 'customer' ? path : root;
    const known = found.get(name);
    if (known) known.required ||= needed;
    else found.set(name, { name, required: needed, source: isCustomer ? 'customer' : 'data' });
  });
  return [...found.values()];
}

type Report = (root: string, path: string, needed: boolean) => void;

function visitAll(statements: readonly Statement[], around: Surroundings, report: Report): void {
  for (const statement of statements) visitStatement(statement, around, report);
}

function visitStatement(statement: Statement, around: Surroundings, report: Report): void {
  switch (statement.kind) {
    case 'text':
      return;
    case 'output':
      visit(statement.value, true, around, report);
      return;
    case 'if': {
      visit(statement.test, false, around, report);
      const inside = { ...around, tested: withRoots(around.tested, statement.test) };
      visitAll(statement.body, inside, report);
      visitAll(statement.otherwise, inside, report);
      return;
    }
    case 'for':
      visit(statement.list, statement.otherwise.length === 0, around, report);
      visitAll(statement.body, { ...around, locals: new Set([...around.locals, ...statement.names, 'loop']) }, report);
      visitAll(statement.otherwise, around, report);
  }
}

function visit(expression: Expression, needed: boolean, around: Surroundings, report: Report): void {
  const path = pathOf(expression);
  if (path !== null) {
    const root = rootOf(expression);
    if (!around.locals.has(root)) report(root, path, needed && !around.tested.has(root));
    return;
  }
  switch (expression.kind) {
    case 'member':
      visit(expression.target, needed, around, report);
      return;
    case 'filter':
      visit(expression.input, needed && expression.filter !== 'default' && expression.filter !== 'length', around, report);
      for (const arg of expression.args) visit(arg, needed, around, report);
      return;
    case 'choice': {
      visit(expression.test, false, around, report);
      const inside = { ...around, tested: withRoots(around.tested, expression.test) };
      visit(expression.chosen, needed, inside, report);
      if (expression.otherwise) visit(expression.otherwise, needed, inside, report);
      return;
    }
    case 'not':
      visit(expression.operand, false, around, report);
      return;
    case 'and':
    case 'or':
      visit(expression.left, false, around, report);
      visit(expression.right, needed, around, report);
      return;
    case 'in':
    case 'compare':
      visit(expression.left, false, around, report);
      visit(expression.right, false, around, report);
  }
}

const rootOf = (expression: Expression): string => {
  if (expression.kind === 'name') return expression.name;
  return expression.kind === 'member' ? rootOf(expression.target) : '';
};

function withRoots(tested: ReadonlySet<string>, test: Expression): ReadonlySet<string> {
  const roots = new Set(tested);
  visit(test, false, { locals: new Set(), tested: new Set() }, (root) => roots.add(root));
  return roots;
}
