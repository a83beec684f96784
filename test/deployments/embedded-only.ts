import { testedDeployment } from './deployment.ts';

/** For `runIf` of cases of what only the embedded deployment has: false on the others, where the reason is printed. */
export function embeddedOnly(because: string): boolean {
  const isEmbedded = testedDeployment() === 'embedded';
  if (!isEmbedded) console.info(`Cases are skipped that are of the embedded deployment alone: ${because}`);
  return isEmbedded;
}
