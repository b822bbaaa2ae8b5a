-- Example data for development: two templates in the marketplace, against a host that is reserved for examples
-- (RFC 2606). Needs no users, changes nothing that is there, and may run any number of times.
insert into public.connector_templates (id, slug, name, description, category, provider, status, is_official, is_featured)
values
  (
    '01950000-0000-7000-8000-000000000001', 'example-phone-lookup', 'Example: look up a phone number',
    'Asks an example API about a phone number and keeps its country and line type on the contact.',
    'enrichment', 'example', 'published', true, true
  ),
  (
    '01950000-0000-7000-8000-000000000002', 'example-company-note', 'Example: find a company and leave a note',
    'Finds the company behind a domain and writes a note about it, unless none was found.',
    'crm', 'example', 'published', true, false
  )
on conflict do nothing;

insert into public.template_versions (template_id, version, definition)
values
  (
    '01950000-0000-7000-8000-000000000001', 1,
    $json${
      "format": 1,
      "input_schema": {
        "type": "object",
        "required": ["phone"],
        "properties": { "phone": { "type": "string", "minLength": 1 } },
        "additionalProperties": false
      },
      "steps": [
        {
          "name": "lookup",
          "request": {
            "method": "GET",
            "url": "https://api.example.com/v1/validate",
            "query": { "number": "{{input.phone}}" },
            "headers": { "Accept": "application/json" },
            "auth": { "credential": "example_phone" }
          },
          "response": { "type": "json", "map": { "country": "body.country_code", "line_type": "body.line_type" } },
          "timeout_ms": 10000,
          "retry": { "max_attempts": 3, "base_ms": 500, "max_ms": 30000, "max_elapsed_ms": 300000 },
          "idempotency_key": false,
          "continue_on_error": false
        }
      ],
      "output": { "country": "{{steps.lookup.country}}", "line_type": "{{steps.lookup.line_type}}" },
      "contact_mapping": {
        "match": ["phone"],
        "fields": { "phone": "{{input.phone}}", "country": "{{steps.lookup.country}}" }
      }
    }$json$
  ),
  (
    '01950000-0000-7000-8000-000000000002', 1,
    $json${
      "format": 1,
      "input_schema": {
        "type": "object",
        "required": ["domain"],
        "properties": { "domain": { "type": "string", "format": "hostname" } },
        "additionalProperties": false
      },
      "steps": [
        {
          "name": "company",
          "request": {
            "method": "GET",
            "url": "https://api.example.com/v1/companies/{{input.domain}}",
            "auth": { "credential": "example_crm" }
          },
          "response": { "type": "json", "map": { "id": "body.id", "name": "body.name" } },
          "timeout_ms": 10000,
          "idempotency_key": false,
          "continue_on_error": false
        },
        {
          "name": "note",
          "condition": "$exists(steps.company.id)",
          "request": {
            "method": "POST",
            "url": "https://api.example.com/v1/companies/{{steps.company.id}}/notes",
            "auth": { "credential": "example_crm" },
            "body": { "type": "json", "content": { "text": "Looked up by {{input.domain}}" } }
          },
          "timeout_ms": 10000,
          "idempotency_key": true,
          "continue_on_error": false
        }
      ],
      "output": { "company": "{{steps.company.name}}" }
    }$json$
  )
on conflict do nothing;
