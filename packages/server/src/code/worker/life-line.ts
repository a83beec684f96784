/**
 * A thread beside the one that runs user code, which ends their process when the engine is gone, however that ended: the one that runs
 * user code may be in an endless loop, and would notice nothing. The engine holds the other end of the pipe, and never writes to it.
 */
import { Socket } from 'node:net';
import { LIFE_LINE } from './start-process.ts';

const end = (): void => void process.kill(process.pid, 'SIGKILL');
new Socket({ fd: LIFE_LINE, readable: true, writable: false }).on('end', end).on('error', end).resume();
