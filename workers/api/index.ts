import { createApp } from './app.ts';

const app = createApp();

/** For Hono's typed client: `hc<AppType>(url)`. */
export type AppType = typeof app;

export default app;
