import { AppError } from '../../../core/errors.ts';

/** Methods that the driver has and a handle has not: calling one says so, instead of "is not a function". */
export function refuseMethods(prototype: object, what: string, names: readonly string[], instead: string): void {
  for (const name of names) {
    const refuse = (): never => {
      throw new AppError('UNSUPPORTED_CALL', `${name} is not supported by ${what}: expected ${instead}`);
    };
    Object.defineProperty(prototype, name, { value: refuse, configurable: true, writable: true });
  }
}
