#!/usr/bin/env node
// Old syntax on purpose: an older Node must be able to read this far, to be told what is wrong.
import { existsSync } from 'fs';

var version = process.versions.node.split('.').map(Number);

if (version[0] < 24 || (version[0] === 24 && version[1] < 6)) {
  console.error(
    'Millrace needs Node 24.6 or newer, and this is Node ' +
      process.versions.node +
      ': run it with npx, which brings the right one, or install a newer Node',
  );
  process.exitCode = 2;
} else {
  // Dates of sources without a zone are UTC, wherever the process runs.
  process.env.TZ = 'UTC';
  var built = new URL('../dist/cli/entry.js', import.meta.url);
  var source = new URL('../src/cli/entry.ts', import.meta.url);
  // The published package is built; the repository runs its sources.
  void import((existsSync(built) ? built : source).href);
}
