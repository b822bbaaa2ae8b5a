import type { CredentialGuide, TemplateFile } from './schema.ts';

const TYPE_IN_WORDS: Record<CredentialGuide['type'], string> = {
  bearer: 'bearer token',
  api_key: 'API key',
  basic: 'user name and password',
  custom: 'custom fields',
};

/**
 * The description as the marketplace shows it: what the template does, then how to store each credential that it needs,
 * then where the calls are documented. Plain text, at most 2,000 characters.
 */
export function marketplaceDescription(template: TemplateFile): string {
  const credentials = template.credentials.map((guide) => `- ${credentialLine(guide)}`);
  const blocks = [
    template.description,
    ...(credentials.length === 0 ? [] : [`Credentials:\n${credentials.join('\n')}`]),
    `Documentation:\n${template.documentation.map((url) => `- ${url}`).join('\n')}`,
  ];
  return blocks.join('\n\n');
}

function credentialLine(guide: CredentialGuide): string {
  const fields = Object.entries(guide.fields).map(([name, label]) => `${name} = ${label}`);
  const placement = guide.type === 'api_key' ? ` in the ${guide.placement.in} ${guide.placement.name}` : '';
  const hosts = guide.allowed_hosts.join(', ');
  return `${guide.service_name}: ${TYPE_IN_WORDS[guide.type]} (${fields.join(', ')})${placement}, for ${hosts}. ${guide.how}`;
}
