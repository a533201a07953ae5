/** A case of the corpus: its name and its script. */
export function parseCases(text: string): { name: string; script: string }[];
