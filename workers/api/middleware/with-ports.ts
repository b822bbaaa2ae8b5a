import type { MiddlewareHandler } from 'hono';
import type { Ports } from '../ports.ts';

export interface PortsVariables {
  ports: Ports;
}

/** Finds the ports for the Worker's bindings, or fails the request when it cannot serve with them. */
export function withPorts(options: {
  portsFor(bindings: object): Ports;
}): MiddlewareHandler<{ Bindings: object; Variables: PortsVariables }> {
  return async function withPorts(c, next) {
    c.set('ports', options.portsFor(c.env));
    await next();
  };
}
