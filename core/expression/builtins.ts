/** The functions of JSONata 2.2.2 (docs.jsonata.org). */
export const JSONATA_FUNCTIONS: ReadonlySet<string> = new Set(
  `abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl
  decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase
  formatInteger formatNumber fromMillis join keys length lookup lowercase map match max merge millis min not
  now number pad parseInteger power random reduce replace reverse round shuffle sift single sort split spread
  sqrt string substring substringAfter substringBefore sum toMillis trim type uppercase zip`.split(/\s+/),
);

/** What every expression has besides; `helpers/` implements them. None of them reads its context unasked. */
export const HELPER_FUNCTIONS: ReadonlySet<string> = new Set(
  `addDuration base64UrlDecode base64UrlEncode formatDate fromJson hash hmac parseDate toJson uuid`.split(
    ' ',
  ),
);

/** Every function that an expression can call; the Worker checks names against it when a definition is saved. */
export const BUILTIN_FUNCTIONS: ReadonlySet<string> = new Set([...JSONATA_FUNCTIONS, ...HELPER_FUNCTIONS]);
