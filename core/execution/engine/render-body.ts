import type { StepBody } from '../../connector/schema.ts';
import { fromBase64 } from '../../crypto/base64.ts';
import type { Evaluator, ExpressionContext } from '../../expression/index.ts';
import type { RandomBytes } from '../../ids.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { MAX_REQUEST_BYTES } from './limits.ts';
import { type FormPart, multipartBody } from './multipart.ts';
import { flatPairs } from './render-url.ts';
import { StepRenderError } from './step-failure.ts';

export type RenderedBody = {
  bytes: Uint8Array | string | null;
  contentType: string | null;
  /** What the ledger shows. */
  recorded: Json | undefined;
};

/** A step's body, rendered for its type. Throws `StepRenderError` or `TemplateError`. */
export async function renderBody(
  body: StepBody | undefined,
  evaluator: Evaluator,
  context: ExpressionContext,
  randomBytes: RandomBytes,
): Promise<RenderedBody> {
  const rendered = await render(body, evaluator, context, randomBytes);
  const size =
    typeof rendered.bytes === 'string'
      ? new TextEncoder().encode(rendered.bytes).byteLength
      : (rendered.bytes?.byteLength ?? 0);
  if (size > MAX_REQUEST_BYTES) {
    throw new StepRenderError(
      'validation',
      'request_too_large',
      `The body has ${size} bytes; at most ${MAX_REQUEST_BYTES} are sent.`,
    );
  }
  return rendered;
}

async function render(
  body: StepBody | undefined,
  evaluator: Evaluator,
  context: ExpressionContext,
  randomBytes: RandomBytes,
): Promise<RenderedBody> {
  switch (body?.type) {
    case undefined:
    case 'none':
      return { bytes: null, contentType: null, recorded: undefined };
    case 'json': {
      const value = (await evaluator.value(body.content)(context)) as Json;
      return { bytes: JSON.stringify(value), contentType: 'application/json', recorded: value };
    }
    case 'form': {
      const values = (await evaluator.value(body.content)(context)) as JsonObject;
      // WHATWG URL section 5.2, the application/x-www-form-urlencoded serialiser.
      const text = new URLSearchParams(flatPairs(values, 'body')).toString();
      return { bytes: text, contentType: 'application/x-www-form-urlencoded', recorded: values };
    }
    case 'multipart': {
      const parts = await multipartParts(body, evaluator, context);
      const { bytes, contentType } = multipartBody(parts, randomBytes);
      const recorded = parts.map((part) => ({
        name: part.name,
        ...(part.filename ? { filename: part.filename } : {}),
        value: part.shown,
      }));
      return { bytes, contentType, recorded };
    }
    case 'xml': {
      const text = asText(await evaluator.template(body.content, 'xml')(context));
      return { bytes: text, contentType: 'application/xml; charset=utf-8', recorded: text };
    }
    case 'raw': {
      const text = asText(await evaluator.template(body.content, 'text')(context));
      return { bytes: text, contentType: body.content_type ?? 'text/plain; charset=utf-8', recorded: text };
    }
  }
}

async function multipartParts(
  body: Extract<StepBody, { type: 'multipart' }>,
  evaluator: Evaluator,
  context: ExpressionContext,
): Promise<FormPart[]> {
  const values = (await evaluator.value(body.content ?? {})(context)) as JsonObject;
  const fields = flatPairs(values, 'body').map(
    ([name, value]): FormPart => ({ name, content: value, shown: value }),
  );
  const files: FormPart[] = [];
  for (const [name, file] of Object.entries(body.files ?? {})) {
    const filename = asText(await evaluator.template(file.filename, 'text')(context));
    const content =
      file.base64 === undefined
        ? asText(await evaluator.template(file.content ?? '', 'text')(context))
        : fromBase64(asText(await evaluator.template(file.base64, 'text')(context)));
    if (content === null) {
      throw new StepRenderError('template', 'template_value', `body.files.${name}.base64 is not base64.`);
    }
    const bytes = typeof content === 'string' ? content.length : content.byteLength;
    files.push({
      name,
      filename,
      contentType: file.content_type ?? 'application/octet-stream',
      content,
      shown: `[file of ${bytes} bytes]`,
    });
  }
  return [...fields, ...files];
}

/** A template that is exactly one expression keeps its value's type; where text is sent, other types become JSON. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
