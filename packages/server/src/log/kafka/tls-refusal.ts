import { connect } from 'node:tls';
import type { KafkaSettings } from './kafka-settings.ts';

/** A broker that says nothing within this time has nothing against us. */
const ANSWER_MS = 1_500;

/**
 * What the brokers have against our certificate, or that we have none; undefined where nothing. With TLS 1.3 they say so after the
 * connection stands, and the client tells then only that it was closed.
 */
export async function tlsRefusal({ brokers, tls }: Pick<KafkaSettings, 'brokers' | 'tls'>): Promise<Error | undefined> {
  if (tls === undefined) return undefined;
  const answers = await Promise.all(brokers.map((broker) => answerOf(broker, tls)));
  return answers.find((answer) => answer !== undefined);
}

function answerOf(broker: string, { ca, cert, key, passphrase }: NonNullable<KafkaSettings['tls']>): Promise<Error | undefined> {
  const colon = broker.lastIndexOf(':');
  const [host, port] = [broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), Number(broker.slice(colon + 1))];
  return new Promise((resolve) => {
    const socket = connect({ host, port, ca, cert, key, passphrase, timeout: ANSWER_MS });
    const end = (answer?: Error): void => {
      resolve(answer);
      socket.destroy();
    };
    // Reading is what makes an alert an error.
    socket.resume();
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code?.startsWith('ERR_SSL_') === true ? error : undefined));
    socket.on('timeout', () => end());
    socket.on('close', () => end());
  });
}
