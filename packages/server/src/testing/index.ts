/** What tests of a project may import from `millrace/testing`. */
export { openTestEngine } from './test-engine.ts';
export type { TestEngine, TestError, TestRecord } from './test-engine.ts';
export { runCase, testProject } from './test-project.ts';
export type { TestFunction } from './test-project.ts';
export type { CaseResult } from './run-case.ts';
export type { Difference } from '../core/compare-documents.ts';
