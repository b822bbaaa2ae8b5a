/* The reference page. Everything comes from this origin, and nothing is sent anywhere else. */
globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  // Kept until the tab is closed or the token is taken back, and never in local storage.
  persistAuthorization: false,
  // Its badge would send the address of this page to a service of others.
  validatorUrl: null,
});
