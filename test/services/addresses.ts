import path from 'node:path';
import { serviceOf } from '../../scripts/local-services/services.ts';
import type { ServiceName } from '../../scripts/local-services/services.ts';
import type { Variables } from '../../scripts/local-services/service.ts';

/** The doors of a broker that want a certificate or a password: `host:port` each. */
export interface Doors {
  /** TLS; a client's certificate is looked at where one is shown. */
  readonly tls: string;
  /** TLS and SCRAM-SHA-256 or -512. */
  readonly scram: string;
  /** PLAIN and OAUTHBEARER (unsigned tokens), without TLS. */
  readonly sasl: string;
  /** Wants nothing. */
  readonly unlocked: string;
  /** Files of the authority that signed the broker's certificate, and of a client's: all PEM. */
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** For SCRAM and PLAIN. */
  readonly user: 'alice';
  readonly password: 'alice-secret';
}

export interface ServiceAddresses {
  /** `host:port`, several of them with commas between. */
  readonly kafka: string;
  /** A connection string without a database. */
  readonly mongo: string;
  readonly tls: Doors;
}

/** Of the servers that the environment names, or else that `scripts/services up` has started; those that are neither are undefined. */
export function serviceAddresses(): { readonly [Name in ServiceName]: ServiceAddresses[Name] | undefined } {
  const doors = variablesOf('tls', 'MILLRACE_TEST_KAFKA_TLS');
  return {
    kafka: variablesOf('kafka', 'MILLRACE_KAFKA_BROKERS')?.['MILLRACE_KAFKA_BROKERS'],
    mongo: variablesOf('mongo', 'MILLRACE_MONGODB_URL')?.['MILLRACE_MONGODB_URL'],
    tls: doors === undefined ? undefined : doorsOf(doors),
  };
}

export function doorsOf(variables: Variables | NodeJS.ProcessEnv): Doors {
  const value = (name: string): string => {
    const found = variables[`MILLRACE_TEST_KAFKA_${name}`];
    if (found === undefined) throw new Error(`MILLRACE_TEST_KAFKA_${name} is not set, but other doors of that broker are`);
    return found;
  };
  const certificates = value('CERTIFICATES');
  return {
    tls: value('TLS'),
    scram: value('SCRAM'),
    sasl: value('SASL'),
    unlocked: value('UNLOCKED'),
    caFile: path.join(certificates, 'ca.pem'),
    certificateFile: path.join(certificates, 'client.pem'),
    keyFile: path.join(certificates, 'client.key'),
    user: 'alice',
    password: 'alice-secret',
  };
}

function variablesOf(name: ServiceName, givenBy: string): Variables | NodeJS.ProcessEnv | undefined {
  const given = process.env[givenBy];
  if (given !== undefined && given !== '') return process.env;
  const { pid, variables } = serviceOf(name);
  return pid === undefined ? undefined : variables;
}
