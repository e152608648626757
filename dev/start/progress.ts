/** Receives a line about each step of the start. */
export type Progress = (step: string) => void;
