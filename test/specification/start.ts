/** 2023-11-14T22:13:20Z: where the clock of every project begins. */
export const START = 1_700_000_000_000;
