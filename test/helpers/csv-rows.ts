/** A slow, obvious parser of RFC 4180, character by character. @param text ends with a line break */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let [row, cell, isQuoted]: [string[], string, boolean] = [[], '', false];
  for (let i = 0; i < text.length; i++) {
    if (isQuoted && text.startsWith('""', i)) [cell, i] = [`${cell}"`, i + 1];
    else if (text[i] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && text[i] === ',') [row, cell] = [[...row, cell], ''];
    else if (!isQuoted && text.startsWith('\r\n', i)) {
      rows.push([...row, cell]);
      [row, cell, i] = [[], '', i + 1];
    } else cell += text[i];
  }
  return rows;
}
