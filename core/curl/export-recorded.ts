import * as z from 'zod';
import { encodeForm, FormPairError, flatPairs, writePairs } from '../connector/form-pairs.ts';
import type { RecordedRequest } from '../execution/schema.ts';
import { type Json, JsonObjectValue } from '../json/json.ts';
import { type Args, commandOf, headerArg } from './export.ts';
import { unredacted } from './masked-text.ts';
import type { ExportedCurl } from './schema.ts';

/** As `renderBody` shows the parts of a multipart body. */
const RecordedParts = z.array(
  z.object({ name: z.string(), filename: z.string().optional(), value: z.string() }),
);
const RECORDED_BYTES = /^\[\d+ bytes\]$/;

/** A recorded request as a curl command: what was redacted is a variable of the shell. Throws `CurlRefused`. */
export function exportRecordedRequest(request: RecordedRequest): ExportedCurl {
  const notes: string[] = [];
  const entries = Object.entries(request.headers);
  const type = entries.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const essence = type.split(';')[0]?.trim().toLowerCase() ?? '';
  const body = request.body === undefined ? [] : bodyArgs(request.body, essence, notes);
  // Its boundary is of the body that was sent.
  const kept = entries.filter(
    ([name]) => name.toLowerCase() !== 'content-type' || essence !== 'multipart/form-data',
  );
  const headers = kept.map(([name, value]) => headerArg(name, unredacted(value, name)));
  const url = request.url
    .split(/(?=[?&])/)
    .map((part) => unredacted(part, /^[?&]([^=]*)=/.exec(part)?.[1] ?? 'secret'))
    .join('');
  if (JSON.stringify(request).includes(CUT))
    notes.push('What was recorded of the request was cut, so that the command sends less.');
  return {
    command: commandOf(request.method, url, [['--location'], ...headers, ...body], body.length > 0),
    notes,
  };
}

/** What `recordable` writes where it cuts. */
const CUT = '… [cut: ';

function bodyArgs(body: Json, essence: string, notes: string[]): Args {
  if (typeof body === 'string' && RECORDED_BYTES.test(body)) {
    notes.push('The bytes of the body were not recorded: put them into the file body.bin.');
    return [['--data-binary', '@body.bin']];
  }
  if (essence === 'multipart/form-data') {
    const parts = RecordedParts.safeParse(body);
    if (parts.success) return parts.data.map((part) => multipartArg(part, notes));
  }
  if (essence === 'application/x-www-form-urlencoded') {
    const values = JsonObjectValue.safeParse(body);
    if (values.success) return formArgs(values.data);
  }
  return [
    [
      '--data-raw',
      typeof body === 'string' ? unredacted(body, 'secret') : JSON.stringify(unredactedJson(body, 'secret')),
    ],
  ];
}

function multipartArg(
  { name, filename, value }: z.infer<typeof RecordedParts>[number],
  notes: string[],
): string[] {
  if (filename === undefined) return ['--form-string', `${name}=${unredacted(value, name)}`];
  notes.push(
    `The file of the field ${JSON.stringify(name)} was not recorded: put it where the command names it.`,
  );
  return ['--form', `${name}=@"${unredacted(filename, name).replace(/["\\]/g, '\\$&')}"`];
}

/** Lists are written as most services read them: how the step wrote them was not recorded. */
function formArgs(values: Readonly<Record<string, Json>>): Args {
  const shown = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, unredactedJson(value, name)]),
  );
  try {
    return [['--data-raw', writePairs(flatPairs(shown, 'body'), encodedForm)]];
  } catch (error) {
    if (!(error instanceof FormPairError)) throw error;
    return [['--data-raw', writePairs(flatPairs(shown, 'body', 'indices'), encodedForm)]];
  }
}

/** All but the marks of variables. */
function encodedForm(text: string): string {
  return text
    .split(/(\ufdd0\w+\ufdd1)/)
    .map((part, index) => (index % 2 === 1 ? part : encodeForm(part)))
    .join('');
}

function unredactedJson(value: Json, name: string): Json {
  if (typeof value === 'string') return unredacted(value, name);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => unredactedJson(item, name));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [unredacted(key, 'secret'), unredactedJson(item, key)]),
  );
}
