import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const DAYS = '3650';

/** An authority of our own (`ca.pem`), and what it has signed for the broker and for a client (`client.pem`, `client.key`). */
export function makeCertificates(folder: string): void {
  const keystore = path.join(folder, 'broker.keystore.pem');
  if (existsSync(keystore)) return;
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'rsa:2048', '-nodes'];
  openssl('req', '-x509', ...newKey, '-days', DAYS, '-subj', '/CN=millrace test CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  writeFileSync(path.join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  for (const name of ['broker', 'client']) {
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...authority, '-days', DAYS, '-out', `${name}.pem`, '-extfile', 'names');
  }
  const parts = ['broker.key', 'broker.pem', 'ca.pem'].map((name) => readFileSync(path.join(folder, name), 'utf8'));
  writeFileSync(keystore, parts.join(''));
}
