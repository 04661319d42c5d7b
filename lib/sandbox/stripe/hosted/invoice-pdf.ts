/** A one-page PDF of plain text: enough for an invoice of a sandbox, and nothing to install. ISO 32000-1, 7.5. */

/** @param lines short lines of Latin text, the first one the title */
export function makeTextPdf(lines: readonly string[]): Buffer {
  const [title = "", ...rest] = lines.map(escapeText);
  const text = [
    "BT /F1 20 Tf 56 780 Td",
    `(${title}) Tj`,
    "/F1 11 Tf 0 -16 Td",
    ...rest.map((line) => `0 -18 Td (${line}) Tj`),
    "ET",
  ].join("\n");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${Buffer.byteLength(text, "latin1")} >>\nstream\n${text}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = Buffer.byteLength(body, "latin1");
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const startOfTable = Buffer.byteLength(body, "latin1");
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  body += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${startOfTable}\n%%EOF\n`;
  return Buffer.from(body, "latin1");
}

/** Parentheses and backslashes are escaped; what the font's encoding lacks becomes a question mark. */
function escapeText(line: string): string {
  return line
    .replaceAll(/[^\x20-\x7e\xa0-\xff]/g, "?")
    .replaceAll(/[\\()]/g, (character) => `\\${character}`);
}
