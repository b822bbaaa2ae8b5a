/** Names compared without case, `-`, `_`, `.` and spaces. */
function normalise(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, '');
}

const WHOLE_NAMES: ReadonlySet<string> = new Set(
  `authorization proxyauthorization cookie cookies setcookie setcookie2 xapikey apikey apitoken accesstoken
  refreshtoken idtoken authtoken token jwt bearer assertion clientassertion secret clientsecret password passwd
  passphrase pwd pin privatekey secretkey accesskey signingkey encryptionkey credential credentials signature
  xhubsignature256 otp totp xauthtoken xcsrftoken xamzsecuritytoken sessionid sessiontoken`.split(/\s+/),
);

const SUFFIXES = [
  'token',
  'secret',
  'password',
  'passwd',
  'passphrase',
  'apikey',
  'privatekey',
  'secretkey',
  'signature',
];

/** Cursors that providers call tokens; they authorise nothing and are needed to read a recorded run. */
const NOT_SECRET: ReadonlySet<string> = new Set(
  'pagetoken nextpagetoken prevpagetoken previouspagetoken nexttoken continuationtoken paginationtoken synctoken'.split(
    ' ',
  ),
);

/** True if a field of this name holds a secret by convention, whatever its value. */
export function isSensitiveName(name: string): boolean {
  const normal = normalise(name);
  if (NOT_SECRET.has(normal)) return false;
  return WHOLE_NAMES.has(normal) || SUFFIXES.some((suffix) => normal.endsWith(suffix));
}

/** Query parameters have short names of their own: `?key=` (Google), `?sig=` (Azure). */
const QUERY_NAMES: ReadonlySet<string> = new Set(['key', 'sig', 'auth', 'xamzcredential', 'xgoogcredential']);

/** True if a query parameter of this name holds a secret by convention. */
export function isSensitiveParameter(name: string): boolean {
  return isSensitiveName(name) || QUERY_NAMES.has(normalise(name));
}
