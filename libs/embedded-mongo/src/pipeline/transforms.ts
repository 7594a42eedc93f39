import { asDocument, typeOf, type Document } from '../document.js';
import { fail } from '../errors.js';
import { compileProject, compileSet, type Transform } from '../projection.js';
import { compileExpression, type Scope } from './expressions.js';
import { namedArguments } from './functions.js';
import { objectOf } from './stages.js';

function unset(operand: unknown, scope: Scope): Transform {
  const paths: unknown[] = [operand].flat();
  if (paths.length === 0) fail(31119, '$unset specification must be a string or an array with at least one field');
  const code = Array.isArray(operand) ? 31120 : 31002;
  if (paths.some((path) => typeof path !== 'string')) fail(code, '$unset must be a string or an array of strings');
  return compileProject(Object.fromEntries(paths.map((path) => [path, false])) as Document, scope);
}

function replaceRoot(root: unknown, scope: Scope): Transform {
  const evaluate = compileExpression(root, scope);
  return (doc) => {
    const value = evaluate(doc);
    const type = value === undefined ? 'missing' : typeOf(value);
    return asDocument(value) ?? fail(40228, `'newRoot' must evaluate to an object, but the value is of type ${type}`);
  };
}

const TRANSFORMS: Readonly<Record<string, (operand: unknown, scope: Scope) => Transform>> = {
  $addFields: (operand, scope) => compileSet(objectOf('$addFields', operand, 40272), scope),
  $project: (operand, scope) => compileProject(objectOf('$project', operand, 15969), scope),
  $replaceRoot: (operand, scope) => replaceRoot(namedArguments('$replaceRoot', operand, [{ newRoot: 40414 }, 40415, 40229])[0], scope),
  $replaceWith: replaceRoot,
  $set: (operand, scope) => compileSet(objectOf('$set', operand, 40272), scope),
  $unset: unset,
};

/** The stages that turn one document into one document, also those a pipeline update is made of. */
export const isTransform = (name: string): boolean => Object.hasOwn(TRANSFORMS, name);

export const compileTransform = (name: string, operand: unknown, scope: Scope): Transform =>
  ((isTransform(name) && TRANSFORMS[name]) || fail(40324, `Unrecognized pipeline stage name: '${name}'`))(operand, scope);
