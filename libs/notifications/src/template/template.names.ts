import type { Expression } from './template.tree.js';

/** `order.items.0`, or null for what is no plain path. */
export function pathOf(expression: Expression): string | null {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind !== 'member') return null;
  const target = pathOf(expression.target);
  return target === null ? null : `${target}.${expression.key}`;
}

/** The paths an expression reads its value from. */
export function namesIn(expression: Expression): readonly string[] {
  const path = pathOf(expression);
  if (path !== null) return [path];
  return expression.kind === 'filter' ? namesIn(expression.input) : [];
}

/** The paths that are to blame when an expression has no value. */
export function namesWithoutDefault(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'filter':
      return expression.filter === 'default'
        ? expression.args.slice(0, 1).flatMap(namesWithoutDefault)
        : namesWithoutDefault(expression.input);
    case 'choice':
      return [...namesWithoutDefault(expression.chosen), ...(expression.otherwise ? namesWithoutDefault(expression.otherwise) : [])];
    case 'and':
    case 'or':
      return [...namesWithoutDefault(expression.left), ...namesWithoutDefault(expression.right)];
    default:
      return namesIn(expression);
  }
}
