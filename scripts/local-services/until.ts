const LOOK_EVERY_MS = 25;

/** Looks again and again; false when it has not become true within `forMs`. */
export async function until(isTrue: () => boolean | Promise<boolean>, forMs: number): Promise<boolean> {
  const end = Date.now() + forMs;
  for (;;) {
    if (await isTrue()) return true;
    if (Date.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
