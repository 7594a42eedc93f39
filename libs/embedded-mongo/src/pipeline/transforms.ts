import type { Document } from '../document.js';
import { asDocument, typeOf } from '../document.js';
import { fail } from '../errors.js';
import type { Transform } from '../projection.js';
import { compileProject, compileSet } from '../projection.js';
import type { Scope } from './expressions.js';
import { compileExpression } from './expressions.js';

function fieldsOf(name: string, operand: unknown): Document {
  return asDocument(operand) ?? fail(40272, `${name} specification stage must be an object, got ${typeOf(operand)}`);
}

function set(name: string, operand: unknown, scope: Scope): Transform {
  return compileSet(fieldsOf(name, operand), scope);
}

function unset(_: string, operand: unknown, scope: Scope): Transform {
  const paths: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (paths.length === 0) fail(31119, '$unset specification must be a string or an array with at least one field');
  const text = (path: unknown): string =>
    typeof path === 'string' ? path : fail(31002, '$unset specification must be a string or an array');
  return compileProject(Object.fromEntries(paths.map((path) => [text(path), false])), scope);
}

function replaceRoot(name: string, operand: unknown, scope: Scope): Transform {
  const root =
    name === '$replaceWith'
      ? operand
      : (asDocument(operand)?.['newRoot'] ?? fail(40231, 'no newRoot specified for the $replaceRoot stage'));
  const evaluate = compileExpression(root, scope);
  return (doc) => {
    const value = evaluate(doc);
    return (
      asDocument(value) ??
      fail(
        40228,
        `'newRoot' expression must evaluate to an object, but resulting value was of type ${value === undefined ? 'missing' : typeOf(value)}`,
      )
    );
  };
}

const TRANSFORMS: Readonly<Record<string, (name: string, operand: unknown, scope: Scope) => Transform>> = {
  $set: set,
  $addFields: set,
  $unset: unset,
  $project: (name, operand, scope) => compileProject(fieldsOf(name, operand), scope),
  $replaceRoot: replaceRoot,
  $replaceWith: replaceRoot,
};

/** The stages that turn one document into one document, also those a pipeline update is made of. */
export const isTransform = (name: string): boolean => Object.hasOwn(TRANSFORMS, name);

export function compileTransform(name: string, operand: unknown, scope: Scope): Transform {
  const compile = Object.hasOwn(TRANSFORMS, name) ? TRANSFORMS[name] : undefined;
  return (compile ?? fail(40324, `Unrecognized pipeline stage name: '${name}'`))(name, operand, scope);
}
