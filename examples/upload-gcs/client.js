// Uploads a scrubbed photo to Google's Cloud Storage in a resumable session that the server opens for it: what was cut off goes on.

/** `file` and `report` are what `scrub` or `strip` gave; `api` is the address of server.mjs. */
export async function send(file, report, api) {
  const { sha256 } = report.output;
  const { url, key } = await ask(new URL('open', api), { sha256, type: file.type, size: file.size });
  await put(url, file);
  const stored = await ask(new URL('confirm', api), { key });
  if (stored.sha256 !== sha256) throw new Error(`the store holds ${stored.sha256}, not ${sha256}`);
  return stored;
}

/** Sends what the store has not got yet, until it has all. */
async function put(url, file) {
  for (let tries = 0, from = 0; ; tries++) {
    try {
      const answer = await part(url, file, from);
      if (answer.ok) return;
      if (answer.status < 500 && answer.status !== 308 && answer.status !== 429) throw Object.assign(new Error(`the store answered ${answer.status}`), { final: true });
    } catch (error) {
      if (error.final) throw error;
    }
    if (tries === TRIES) throw new Error('the store cannot be reached');
    await new Promise((done) => setTimeout(done, FIRST_PAUSE_MS << tries));
    const known = await fetch(url, { method: 'PUT', headers: { 'Content-Range': `bytes */${file.size}` } }).catch(() => undefined);
    if (known?.ok) return;
    // `Range: bytes=0-LAST`; without one it has nothing.
    if (known?.status === 308) from = Number(known.headers.get('range')?.split('-')[1] ?? -1) + 1;
  }
}

function part(url, file, from) {
  return fetch(url, { method: 'PUT', headers: { 'Content-Range': `bytes ${from}-${file.size - 1}/${file.size}` }, body: file.slice(from) });
}

async function ask(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(`the server refused: ${answer.error.code}`), answer.error);
  return answer;
}

const TRIES = 5;
const FIRST_PAUSE_MS = 500;
