import type { Document } from './document.js';
import { asDocument, typeOf } from './document.js';
import { fail } from './errors.js';
import { canonical, compareValues } from './key.js';
import { isOperatorDocument } from './matcher.js';
import { compileTransform } from './pipeline/transforms.js';
import { UPDATE_OPERATORS } from './update-operators.js';
import type { ApplyContext, UpdateOptions } from './update-paths.js';
import { UpdatePaths } from './update-paths.js';

export interface Update {
  readonly isReplacement: boolean;
  /** The updated document; `doc` stays as it is, also when an operator fails. Whoever stores it compares bytes to know whether it was modified. */
  apply(doc: Document, context: ApplyContext): Document;
}

const PIPELINE_STAGES = new Set(['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith']);

/** The `_id` of a stored document never changes; a replacement or pipeline that leaves it out keeps it. */
function keepId(before: Document, after: Document): Document {
  if (before['_id'] === undefined) {
    const { _id, ...rest } = after;
    return _id === undefined ? after : { _id, ...rest };
  }
  if (after['_id'] !== undefined && compareValues(before['_id'], after['_id']) !== 0) {
    fail(66, "After applying the update, the (immutable) field '_id' was found to have been altered");
  }
  const { _id, ...rest } = after;
  return { _id: _id === undefined ? before['_id'] : _id, ...rest };
}

function pipelineUpdate(stages: Document[], options: UpdateOptions): Update {
  const transforms = stages.map((stage) => {
    const [name = '', ...others] = Object.keys(stage);
    if (others.length > 0) fail(40323, 'A pipeline stage specification object must contain exactly one field.');
    if (!PIPELINE_STAGES.has(name)) fail(name.startsWith('$') ? 72 : 40324, `${name} is not allowed to be used within an update`);
    return compileTransform(name, stage[name], options);
  });
  return {
    isReplacement: false,
    apply: (doc) =>
      keepId(
        doc,
        transforms.reduce((current, transform) => transform(current), doc),
      ),
  };
}

function replacement(update: Document): Update {
  const dollar = Object.keys(update).find((name) => name.startsWith('$'));
  if (dollar) {
    fail(
      52,
      `The dollar ($) prefixed field '${dollar}' in '${dollar}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
    );
  }
  return { isReplacement: true, apply: (doc) => keepId({ _id: doc['_id'] }, update) };
}

function operatorUpdate(update: Document, options: UpdateOptions): Update {
  const paths = new UpdatePaths(options);
  for (const [name, operand] of Object.entries(update)) {
    const compile = Object.hasOwn(UPDATE_OPERATORS, name === '$setOnInsert' ? '$set' : name)
      ? UPDATE_OPERATORS[name === '$setOnInsert' ? '$set' : name]
      : undefined;
    if (!compile && name !== '$rename')
      fail(9, `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`);
    const fields =
      asDocument(operand) ??
      fail(
        9,
        `Modifiers operate on fields but we found type ${typeOf(operand)} instead. For example: {$mod: {<field>: ...}} not {${name}: ${String(operand)}}`,
      );
    for (const [path, value] of Object.entries(fields)) {
      if (compile) paths.add(path, compile(value, path, options.now), name);
      else
        paths.rename(
          path,
          typeof value === 'string' ? value : fail(2, `The 'to' field for $rename must be a string: ${path}: ${String(value)}`),
        );
    }
  }
  paths.checkFilters(update);
  return {
    isReplacement: false,
    apply: (doc, context) => {
      const after = paths.apply(doc, context);
      if (doc['_id'] !== undefined && (after['_id'] === undefined || canonical(doc['_id']) !== canonical(after['_id']))) {
        fail(66, "Performing an update on the path '_id' would modify the immutable field '_id'");
      }
      return doc['_id'] === undefined ? keepId(doc, after) : after;
    },
  };
}

/** Compiles an update. Raises 2, 9, 14, 28, 40, 52, 56, 66 as MongoDB does, on compiling where the update is wrong and on `apply` where the document is. */
export function compileUpdate(update: Document | Document[], options: UpdateOptions): Update {
  if (Array.isArray(update)) return pipelineUpdate(update, options);
  return isOperatorDocument(update) ? operatorUpdate(update, options) : replacement(update);
}

/** The fields an upsert starts from: the equality conditions of the filter. Raises 54 when a path is given twice. */
export function upsertSeed(filter: Document): Document {
  const equalities: [string, unknown][] = [];
  const collect = (spec: Document): void => {
    for (const [name, operand] of Object.entries(spec)) {
      if (name === '$and' || (name === '$or' && (operand as unknown[]).length === 1)) (operand as Document[]).forEach(collect);
      else if (name.startsWith('$')) continue;
      else if (isOperatorDocument(operand)) {
        const only = ['$in', '$all'].map((op) => operand[op]).find((list) => Array.isArray(list) && list.length === 1) as
          unknown[] | undefined;
        if ('$eq' in operand) equalities.push([name, operand['$eq']]);
        else if (only && !isOperatorDocument(only[0]) && typeOf(only[0]) !== 'regex') equalities.push([name, only[0]]);
      } else if (typeOf(operand) !== 'regex') equalities.push([name, operand]);
    }
  };
  collect(filter);
  const seed: Document = {};
  for (const [path, value] of equalities) {
    const taken = equalities.filter(([other]) => other === path || other.startsWith(`${path}.`));
    if (taken.length > 1) fail(54, `cannot infer query fields to set, path '${path}' is matched twice`);
    const parts = path.split('.');
    let at = seed;
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Document;
    at[parts.at(-1) ?? ''] = value;
  }
  return seed;
}
