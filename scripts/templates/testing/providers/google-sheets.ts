import { hasOnly, isJson, jsonOf, listOf, type Provider } from '../stand-in.ts';

export const GOOGLE_SHEETS_SECRET = { token: 'stand-in-google-token' };
const SHEET = '1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms';
const PATH = new RegExp(`^/v4/spreadsheets/${SHEET}/values/([^/]+):append$`);

/** https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/append */
export const googleSheets: Provider = {
  hosts: ['sheets.googleapis.com'],
  answer(seen) {
    const refuse = (code: number, status: string, message: string) => ({
      status: code,
      body: { error: { code, message, status } },
    });
    if (seen.headers.authorization !== `Bearer ${GOOGLE_SHEETS_SECRET.token}`)
      return refuse(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    const range = decodeURIComponent(PATH.exec(seen.path)?.[1] ?? '');
    if (seen.method !== 'POST' || range === '')
      return refuse(404, 'NOT_FOUND', 'Requested entity was not found.');
    const option = seen.query.get('valueInputOption');
    const known = hasOnly(seen.query.keys(), ['valueInputOption', 'insertDataOption']);
    if (
      !known ||
      (option !== 'RAW' && option !== 'USER_ENTERED') ||
      seen.query.get('insertDataOption') !== 'INSERT_ROWS'
    )
      return refuse(400, 'INVALID_ARGUMENT', "'valueInputOption' is required but not specified");
    if (!/^(Leads|Sheet1)(![A-Z]+:[A-Z]+)?$/.test(range))
      return refuse(400, 'INVALID_ARGUMENT', `Unable to parse range: ${range}`);
    const body = jsonOf(seen);
    const rows = listOf(body.values);
    const fits = hasOnly(Object.keys(body), ['majorDimension', 'values']) && body.majorDimension === 'ROWS';
    const [row] = rows;
    if (!isJson(seen) || !fits || rows.length !== 1 || !Array.isArray(row))
      return refuse(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.');
    const [name] = range.split('!');
    const updatedRange = `${name}!A7:${'ABCDEFGH'[row.length - 1]}7`;
    const updates = {
      spreadsheetId: SHEET,
      updatedRange,
      updatedRows: 1,
      updatedColumns: row.length,
      updatedCells: row.length,
    };
    return { status: 200, body: { spreadsheetId: SHEET, tableRange: `${name}!A1:C6`, updates } };
  },
};
