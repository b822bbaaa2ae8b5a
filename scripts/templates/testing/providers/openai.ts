import { hasOnly, isJson, isText, jsonOf, type Provider } from '../stand-in.ts';

export const OPENAI_SECRET = { token: 'stand-in-openai-key' };

/** https://platform.openai.com/docs/api-reference/responses/create */
export const openai: Provider = {
  hosts: ['api.openai.com'],
  answer(seen) {
    const refuse = (status: number, type: string, code: string | null, message: string) => ({
      status,
      body: { error: { message, type, param: null, code } },
    });
    if (seen.headers.authorization !== `Bearer ${OPENAI_SECRET.token}`)
      return refuse(401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.');
    if (seen.method !== 'POST' || seen.path !== '/v1/responses')
      return refuse(404, 'invalid_request_error', null, `Invalid URL (${seen.method} ${seen.path})`);
    const body = jsonOf(seen);
    const { model, input, instructions, max_output_tokens: most, store } = body;
    const known = hasOnly(
      Object.keys(body),
      ['model', 'input'],
      ['instructions', 'max_output_tokens', 'store'],
    );
    if (!isJson(seen) || !known || !isText(input) || store !== false)
      return refuse(400, 'invalid_request_error', null, 'Invalid body');
    if (!(instructions === null || isText(instructions)) || !(most === null || Number.isInteger(most)))
      return refuse(400, 'invalid_request_error', null, 'Invalid type');
    if (model !== 'gpt-4.1-mini')
      return refuse(404, 'invalid_request_error', 'model_not_found', `The model '${model}' does not exist`);
    const base = {
      id: 'resp_1',
      object: 'response',
      created_at: 1_741_476_542,
      model: 'gpt-4.1-mini-2025-04-14',
    };
    if (input === 'fail')
      return {
        status: 200,
        body: { ...base, status: 'failed', error: { code: 'server_error', message: 'x' }, output: [] },
      };
    const short = most !== null && Number(most) < 20;
    const content = [
      { type: 'output_text', text: short ? 'A storm' : 'A storm has delayed the ship.', annotations: [] },
    ];
    const message = { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content };
    const output = [{ type: 'reasoning', id: 'rs_1', summary: [] }, message];
    const usage = { input_tokens: 36, output_tokens: 9, total_tokens: 45 };
    return {
      status: 200,
      body: { ...base, status: short ? 'incomplete' : 'completed', error: null, output, usage },
    };
  },
};
