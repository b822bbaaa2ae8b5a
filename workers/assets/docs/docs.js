/* The reference page. Everything comes from this origin, and nothing is sent anywhere else. */

const response = await fetch('/openapi.json');
const spec = await response.json();

// An example of an optional parameter would be filled in, and sent with a call that is only tried out: the same
// Idempotency-Key with every call, and every filter of a list at once. It is shown beside the field instead.
for (const parameter of parametersIn(spec)) {
  if (parameter.required || parameter.example === undefined) continue;
  parameter.description += `\n\nExample: \`${parameter.example}\``;
  delete parameter.example;
}

globalThis.SwaggerUIBundle({
  spec,
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  // A token is kept until the page is left, and never in local storage.
  persistAuthorization: false,
  // Its badge would send the address of this page to a service of others.
  validatorUrl: null,
});

function parametersIn({ paths, components }) {
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const own = operations.flatMap(({ parameters = [] }) => parameters);
  return [...own, ...Object.values(components.parameters)].filter(({ name }) => name !== undefined);
}
