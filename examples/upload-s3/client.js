// Uploads a scrubbed photo to S3 by an address that the server signs for these bytes alone.

/** `file` and `report` are what `scrub` or `strip` gave; `api` is the address of server.mjs. */
export async function send(file, report, api) {
  const { sha256 } = report.output;
  const { url, headers, key } = await ask(new URL('sign', api), { sha256, type: file.type });
  // The checksum is part of what was signed: S3 refuses other bytes, and another checksum breaks the signature.
  const put = await fetch(url, { method: 'PUT', headers, body: file });
  if (!put.ok) throw new Error(`the store answered ${put.status}`);
  const stored = await ask(new URL('confirm', api), { key });
  if (stored.sha256 !== sha256) throw new Error(`the store holds ${stored.sha256}, not ${sha256}`);
  return stored;
}

async function ask(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(`the server refused: ${answer.error.code}`), answer.error);
  return answer;
}
