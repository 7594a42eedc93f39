import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Violation } from '@app/common';
import { LruCache } from './lru-cache.js';
import { compileTemplate, Rendering } from './template.compiler.js';
import { RenderError, TemplateInvalidError, TemplateRefusal } from './template.errors.js';
import { parseTemplate } from './template.parser.js';
import type { RenderScope } from './template.scope.js';
import { listVariables, type TemplateVariable } from './template.variables.js';

/** The two templates of a notice. */
export interface NoticeTemplate {
  subject: string | null;
  bodyTemplate: string;
}

/** A notice as its recipient sees it: plain text, nothing escaped. `missing` names what had no value and no default. */
export interface RenderedNotice {
  subject: string | null;
  body: string;
  missing: readonly string[];
}

/** A notice's templates, ready to be filled in for one recipient after the other. */
export interface CompiledNotice {
  variables: readonly TemplateVariable[];
  /** Raises {@link RenderError} when the values do not fit; with `strict` also when one is missing. */
  render(scope: RenderScope, strict?: boolean): RenderedNotice;
}

const KEPT = 200;

/** SHA-256 of a notice's templates, in hexadecimal: equal for equal templates. */
export const checksumOf = ({ subject, bodyTemplate }: NoticeTemplate): string =>
  createHash('sha256')
    .update(JSON.stringify([subject, bodyTemplate]))
    .digest('hex');

/** Renders notices; each template is read and compiled once. The same code for a preview and for a send. */
@Injectable()
export class TemplateRenderer {
  private readonly compiled = new LruCache<CompiledNotice>(KEPT);

  /** The variables of both templates. Raises {@link TemplateInvalidError}, also for the further templates, by their field's pointer. */
  check(template: NoticeTemplate, further: Readonly<Record<string, string>> = {}): readonly TemplateVariable[] {
    const sources = { '/subject': template.subject ?? '', '/body_template': template.bodyTemplate, ...further };
    const violations: Violation[] = Object.entries(sources).flatMap(([pointer, source]) => {
      try {
        parseTemplate(source);
        return [];
      } catch (error) {
        if (error instanceof TemplateRefusal) return [error.toViolation(pointer)];
        throw error;
      }
    });
    if (violations.length > 0) throw new TemplateInvalidError(violations);
    return this.compile(template).variables;
  }

  /** Raises {@link TemplateRefusal} for templates that {@link check} would refuse. */
  compile(template: NoticeTemplate): CompiledNotice {
    return this.compiled.getOrMake(checksumOf(template), () => compileNotice(template));
  }
}

function compileNotice({ subject, bodyTemplate }: NoticeTemplate): CompiledNotice {
  const subjectTree = subject === null ? [] : parseTemplate(subject);
  const bodyTree = parseTemplate(bodyTemplate);
  const fillSubject = compileTemplate(subjectTree);
  const fillBody = compileTemplate(bodyTree);
  return {
    variables: listVariables([...subjectTree, ...bodyTree]),
    render: (scope, strict = false) => {
      const [head, text] = [fill(fillSubject, scope), fill(fillBody, scope)];
      const missing = [...new Set([...head.missing, ...text.missing])];
      const subject = head.output.replace(/\s+/g, ' ').trim().normalize('NFC') || null;
      const body = text.output.trim().normalize('NFC');
      if (strict && missing.length > 0) {
        throw new RenderError('TEMPLATE_VARIABLES_MISSING', `These variables have no value: ${missing.join(', ')}.`);
      }
      if (body === '') throw new RenderError('TEMPLATE_OUTPUT_EMPTY', 'The text is empty.');
      return { subject, body, missing };
    },
  };
}

function fill(run: (rendering: Rendering) => void, scope: RenderScope): Rendering {
  const rendering = new Rendering(scope);
  run(rendering);
  return rendering;
}
