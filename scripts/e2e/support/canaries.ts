import type { StoreCredential } from '../../../core/credential/schema.ts';

/**
 * A part of every canary. Letters and digits stay as they are in URLs, JSON and XML, and its base64 has no "+" or "/",
 * so that any leak of any canary shows as one of few texts, whatever its other characters were turned into.
 */
export const MARKER = 'qZ7Canary9Xw';

/** Characters that URL, JSON, XML and base64 encoders change, each in their own way, around the marker. */
const around = (before: string, after: string) => `${before}${MARKER}${after}`;
/** A header takes visible ASCII and Latin-1 only. */
const HEADER_SAFE = [
  around('a+b/c=d&', '01'),
  around('', '02 with spaces and ünïcode'),
  around('"quoted\\"', '03'),
  around('<x>&amp;', "04'"),
];
const ANYTHING = [
  around('%25+%2F', '05'),
  around('ключ-', '06-日本語'),
  around('👩‍🔬', '07'),
  around('{"json": "', '08"}'),
  around('tab\tline\n', '09'),
  around('x'.repeat(301), '10'),
];
const PASSWORDS = [
  [around('user', '11'), around('p:w', '12')],
  [around('us@r+', '13'), around('&=?#', '14')],
  [around('ü', '15'), around('密', '16')],
] as const;

/** What stands before and after the marker in thirty more, which credentials of five fields each keep. */
const MORE = [
  ['sk_live_', '4eC39HqLyjWDarjt'],
  ['https://hooks.example.com/T0/', '?k=1&l=2'],
  ['eyJhbGciOi.', '.c2lnbmF0dXJl'],
  ['postgres://u:', '@db.example.com/x'],
  ['-----BEGIN KEY-----\n', '\n-----END KEY-----'],
  ['$(whoami)`', "`'"],
  ['{{not.a.', '.template}}'],
  ['C:\\keys\\', '\\table'],
  ['==padding+and/', '=='],
  ['a;b,c|', '~e^f'],
  ['[redacted]', '[redacted]'],
  ['\u{1f511}key', '\u{1f511}'],
  ['e\u0301te\u0301 ', '\u200d!'],
  ['كلمة', 'السر'],
  ['100% sure? ', '%'],
  ["it's <b>", '</b> & more'],
  ['null', 'undefined'],
  ['0', '0'],
  ['++++', '----'],
  ['?q=', '#fragment'],
  ['\r\n', '\r\n'],
  ['“quoted”', '„so“'],
  ['{"a":["', '"]}'],
  ['<![CDATA[', ']]>'],
  ['&#x26;', '&#38;'],
  ['../../', '/etc'],
  ['x'.repeat(60), 'y'.repeat(60)],
  [' ', ' '],
  ['Bearer ', ''],
  ['', ''],
] as const;
const FIELDS = ['a', 'b', 'c', 'd', 'e'] as const;
const moreCredentials = (common: Pick<StoreCredential, 'allowed_hosts'>) =>
  Array.from({ length: MORE.length / FIELDS.length }, (_, n): StoreCredential => {
    const fields = FIELDS.map((field, at) => {
      const [before, after] = MORE[n * FIELDS.length + at] ?? ['', ''];
      return [field, around(`${before}${n}`, `${at}${after}`)];
    });
    return {
      ...common,
      service_name: `custom${n + 2}`,
      type: 'custom',
      fields: Object.fromEntries(fields),
    };
  });

export type Canaries = {
  credentials: StoreCredential[];
  secrets: string[];
};

/** Fifty secrets in credentials of all four types, which may be sent to these hosts. */
export function canaries(hosts: string[]): Canaries {
  const common = { allowed_hosts: hosts };
  const [query1 = '', query2 = '', custom1 = '', custom2 = '', custom3 = '', custom4 = ''] = ANYTHING;
  const credentials: StoreCredential[] = [
    ...HEADER_SAFE.map(
      (token, n): StoreCredential => ({
        ...common,
        service_name: `bearer${n}`,
        type: 'bearer',
        fields: { token },
      }),
    ),
    ...HEADER_SAFE.map(
      (key, n): StoreCredential => ({
        ...common,
        service_name: `header_key${n}`,
        type: 'api_key',
        fields: { api_key: `k${n}${key}` },
        placement: { in: 'header', name: n % 2 === 0 ? 'X-Api-Key' : 'X-Plain-Name' },
      }),
    ),
    ...[query1, query2].map(
      (key, n): StoreCredential => ({
        ...common,
        service_name: `query_key${n}`,
        type: 'api_key',
        fields: { api_key: key },
        placement: { in: 'query', name: n % 2 === 0 ? 'access_key' : 'plain' },
      }),
    ),
    ...PASSWORDS.map(
      ([username, password], n): StoreCredential => ({
        ...common,
        service_name: `basic${n}`,
        type: 'basic',
        fields: { username, password },
      }),
    ),
    { ...common, service_name: 'custom0', type: 'custom', fields: { one: custom1, two: custom2 } },
    { ...common, service_name: 'custom1', type: 'custom', fields: { three: custom3, four: custom4 } },
    ...moreCredentials(common),
  ];
  return { credentials, secrets: credentials.flatMap(({ fields }) => Object.values(fields)) };
}

/** The texts by which `marker` is found: as it is, in hex, and in base64 at each alignment inside a longer text. */
export function formsOfMarker(marker: string): string[] {
  const bytes = Buffer.from(marker);
  const base64 = [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    // Only digits that the marker alone decides.
    return digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return [marker, ...base64, bytes.toString('hex')];
}
