/** Splits a corpus file: `#### name` starts a case, the lines up to the next one are its script. */
export function parseCases(text) {
  const cases = [];
  for (const block of text.split(/^#### /m).slice(1)) {
    const end = block.indexOf('\n');
    cases.push({ name: block.slice(0, end).trim(), script: block.slice(end + 1).trimEnd() });
  }
  const names = new Set(cases.map((item) => item.name));
  if (names.size !== cases.length) throw new Error('two cases of one topic have the same name');
  return cases;
}
