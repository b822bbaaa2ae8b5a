import { encodeForm, writePairs } from '../../connector/form-pairs.ts';
import type { StepBody } from '../../connector/schema.ts';
import { fromBase64 } from '../../crypto/base64.ts';
import type { Evaluator, ExpressionContext, Place } from '../../expression/index.ts';
import { parseTemplate } from '../../expression/parse.ts';
import type { RandomBytes } from '../../ids.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { REDACTED } from '../../redaction/index.ts';
import type { CredentialUse } from './credential-use.ts';
import { renderedPairs } from './form-values.ts';
import { hideRendered, readsSecrets } from './hide-secrets.ts';
import { MAX_REQUEST_BYTES } from './limits.ts';
import { type FormPart, multipartBody } from './multipart.ts';
import { StepRenderError } from './step-failure.ts';

export type RenderedBody = {
  bytes: Uint8Array | string | null;
  contentType: string | null;
  /** What the ledger shows: without what templates make of a credential. */
  recorded: Json | undefined;
};

type BodyInput = {
  evaluator: Evaluator;
  context: ExpressionContext;
  randomBytes: RandomBytes;
  use: Pick<CredentialUse, 'body'>;
};

const encoder = new TextEncoder();

/** A step's body, rendered for its type. Throws `StepRenderError` or `TemplateError`. */
export async function renderBody(body: StepBody | undefined, input: BodyInput): Promise<RenderedBody> {
  const rendered = await render(body, input);
  const size = byteLength(rendered.bytes ?? '');
  if (size > MAX_REQUEST_BYTES) {
    throw new StepRenderError(
      'validation',
      'request_too_large',
      `The body has ${size} bytes; at most ${MAX_REQUEST_BYTES} are sent.`,
    );
  }
  return rendered;
}

function byteLength(content: string | Uint8Array): number {
  return typeof content === 'string' ? encoder.encode(content).byteLength : content.byteLength;
}

async function render(body: StepBody | undefined, input: BodyInput): Promise<RenderedBody> {
  const { evaluator, context } = input;
  const shown = (template: Json, rendered: Json) =>
    input.use.body ? hideRendered(template, rendered) : rendered;
  switch (body?.type) {
    case undefined:
    case 'none':
      return { bytes: null, contentType: null, recorded: undefined };
    case 'json': {
      const value = (await evaluator.value(body.content)(context)) as Json;
      return {
        bytes: JSON.stringify(value),
        contentType: 'application/json',
        recorded: shown(body.content, value),
      };
    }
    case 'form': {
      const values = (await evaluator.value(body.content)(context)) as JsonObject;
      const text = writePairs(renderedPairs(values, 'body', body.lists), encodeForm);
      return {
        bytes: text,
        contentType: 'application/x-www-form-urlencoded',
        recorded: shown(body.content, values),
      };
    }
    case 'multipart': {
      const parts = await multipartParts(body, input);
      const { bytes, contentType } = multipartBody(parts, input.randomBytes);
      const recorded = parts.map((part) => ({
        name: part.name,
        ...(part.filename ? { filename: part.shownFilename ?? part.filename } : {}),
        value: part.shown,
      }));
      return { bytes, contentType, recorded };
    }
    case 'xml': {
      const text = await renderText(body.content, 'xml', input);
      return { bytes: text.sent, contentType: 'application/xml; charset=utf-8', recorded: text.shown };
    }
    case 'raw': {
      const text = await renderText(body.content, 'text', input);
      const contentType = body.content_type ?? 'text/plain; charset=utf-8';
      return { bytes: text.sent, contentType, recorded: text.shown };
    }
    case 'binary': {
      const bytes = await renderBytes(body.base64, 'body.base64', input);
      const contentType = body.content_type ?? 'application/octet-stream';
      return { bytes, contentType, recorded: `[${bytes.byteLength} bytes]` };
    }
  }
}

async function renderBytes(template: string, field: string, input: BodyInput): Promise<Uint8Array> {
  const { evaluator, context } = input;
  const bytes = fromBase64(asText(await evaluator.template(template, 'text')(context)));
  if (bytes !== null) return bytes;
  throw new StepRenderError('template', 'template_value', `${field} is not base64.`);
}

/** A text as it is sent and as it is shown. Piece by piece only where it reads a credential. */
async function renderText(
  template: string,
  place: Place,
  { evaluator, context, use }: BodyInput,
): Promise<{ sent: string; shown: string }> {
  if (!use.body || !readsSecrets(template)) {
    const sent = asText(await evaluator.template(template, place)(context));
    return { sent, shown: sent };
  }
  let sent = '';
  let shown = '';
  for (const piece of parseTemplate(template).pieces) {
    const source = piece.type === 'literal' ? piece.text : `{{${piece.source}}}`;
    const text =
      piece.type === 'literal' ? piece.text : asText(await evaluator.template(source, place)(context));
    sent += text;
    shown += piece.type === 'expression' && readsSecrets(source) ? REDACTED : text;
  }
  return { sent, shown };
}

async function multipartParts(
  body: Extract<StepBody, { type: 'multipart' }>,
  input: BodyInput,
): Promise<FormPart[]> {
  const { evaluator, context } = input;
  const template = body.content ?? {};
  const values = (await evaluator.value(template)(context)) as JsonObject;
  const fields = renderedPairs(values, 'body').map(
    ({ name, values: [content = ''] }): FormPart => ({
      name,
      content,
      shown: input.use.body && readsSecrets(template[name]) ? REDACTED : content,
    }),
  );
  const files: FormPart[] = [];
  for (const [name, file] of Object.entries(body.files ?? {})) {
    const filename = await renderText(file.filename, 'text', input);
    const content =
      file.base64 === undefined
        ? (await renderText(file.content ?? '', 'text', input)).sent
        : await renderBytes(file.base64, `body.files.${name}.base64`, input);
    files.push({
      name,
      filename: filename.sent,
      shownFilename: filename.shown,
      contentType: file.content_type ?? 'application/octet-stream',
      content,
      shown: `[file of ${byteLength(content)} bytes]`,
    });
  }
  return [...fields, ...files];
}

/** A template that is exactly one expression keeps its value's type; where text is sent, other types become JSON. */
function asText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
