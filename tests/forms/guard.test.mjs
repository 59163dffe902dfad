// `darkslide/guard`: every way that a page's scripts have to send a file, tried with an original.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { arrived, files, page, setUp, site, traces } from './bare.mjs';

setUp();
let sockets;
before(async () => (sockets = await socketServer()));
after(() => sockets.close());

/** Each tries to send `file`, and throws or rejects where it is kept from it. What Chromium lacks on some system is stood in for, and said. */
const WAYS = {
  fetch: 'fetch("/upload", { method: "POST", body: file })',
  fetchLater: 'fetchLater("/upload", { method: "POST", body: file, activateAfter: 0 })',
  'fetchLater of a request': 'fetchLater(new Request("/upload", { method: "POST", body: file }), { activateAfter: 0 })',
  'fetchLater of a form': '(data.append("photo", file), fetchLater("/upload", { method: "POST", body: data, activateAfter: 0 }))',
  sendBeacon: 'navigator.sendBeacon("/upload", file)',
  "sendBeacon, the prototype's": 'Navigator.prototype.sendBeacon.call(navigator, "/upload", file)',
  XMLHttpRequest: '(request => (request.open("POST", "/upload"), request.send(file)))(new XMLHttpRequest())',
  WebSocket: 'WebSocket.prototype.send.call(new WebSocket(sockets), file)',
  WebSocketStream: 'writeToSocketStream(new WebSocketStream(sockets), bytes)',
  WebTransport: 'new WebTransport(`https://${location.host}/upload`)',
  RTCDataChannel: 'channel.send(file)',
  'RTCDataChannel, bytes': 'channel.send(bytes)',
  share: 'navigator.share({ files: [file] })',
};

test('no way out is left open', async () => {
  const outcome = await page.evaluate(
    async ([original, ways, address]) => {
      globalThis.sockets = address;
      // Chromium shares on some systems alone: here is told what would have been.
      const shares = 'share' in navigator;
      const shared = [];
      if (!shares) Navigator.prototype.share = async (data) => void shared.push(data);
      const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
      globalThis.channel = one.createDataChannel('out');
      const got = [];
      other.ondatachannel = ({ channel }) => (channel.onmessage = ({ data }) => got.push(data));
      one.onicecandidate = ({ candidate }) => other.addIceCandidate(candidate);
      other.onicecandidate = ({ candidate }) => one.addIceCandidate(candidate);
      await one.setLocalDescription(await one.createOffer());
      await other.setRemoteDescription(one.localDescription);
      await other.setLocalDescription(await other.createAnswer());
      await one.setRemoteDescription(other.localDescription);
      await new Promise((done) => (channel.onopen = done));
      globalThis.writeToSocketStream = async (stream, bytes) => {
        const { writable } = await stream.opened;
        const writer = writable.getWriter();
        await writer.write('a word');
        await writer.write(bytes);
      };
      globalThis.file = photo(original);
      globalThis.bytes = await file.arrayBuffer();
      const there = { fetchLater: 'fetchLater' in window, WebSocketStream: 'WebSocketStream' in window, WebTransport: 'WebTransport' in window };
      const natives = () => [fetch, window.fetchLater, Navigator.prototype.sendBeacon, Navigator.prototype.share, RTCDataChannel.prototype.send, window.WebSocketStream, window.WebTransport];
      const before = natives();
      const { release } = guard();
      const said = {};
      for (const [what, way] of Object.entries(ways)) {
        globalThis.data = new FormData();
        try {
          await (0, eval)(way);
          said[what] = 'sent';
        } catch (error) {
          said[what] = error.code ?? String(error);
        }
      }
      // Text goes as ever.
      channel.send('a word');
      while (got.length === 0) await new Promise((done) => setTimeout(done, 5));
      release();
      return { there, said, got, shared: shared.length, restored: before.every((native, index) => native === natives()[index]) };
    },
    [files.good.bytes.toString('base64'), WAYS, sockets.address],
  );
  assert.deepEqual(outcome.there, { fetchLater: true, WebSocketStream: true, WebTransport: true });
  assert.deepEqual(outcome.said, Object.fromEntries(Object.keys(WAYS).map((what) => [what, 'not-clean'])));
  assert.deepEqual([outcome.got, outcome.shared, outcome.restored], [['a word'], 0, true]);
  // A word of its came, and nothing else: a frame of text, masked.
  assert.deepEqual(sockets.frames.map(({ kind, length }) => [kind, length]), [[1, 6]]);
  // What was put off is sent when the page goes.
  await page.goto('about:blank');
  await site.server.idle();
  for (const { url, headers, body } of site.server.received.splice(0)) assert.equal(traces.found(Buffer.concat([Buffer.from(`${url} ${headers}`), body])), undefined);
});

test('what was scrubbed goes every way', async () => {
  const said = await page.evaluate(async (original) => {
    const { release } = guard();
    const scrubber = await createScrubber();
    const { file } = await scrubber.scrub(photo(original));
    scrubber.close();
    const data = new FormData();
    data.append('photo', file);
    const sent = [navigator.sendBeacon('/upload', file), Navigator.prototype.sendBeacon.call(navigator, '/upload', data), fetchLater('/upload', { method: 'POST', body: file, activateAfter: 0 }).activated !== undefined];
    release();
    return sent;
  }, files.good.bytes.toString('base64'));
  assert.deepEqual(said, [true, true, true]);
  await site.server.came(3);
  assert.equal(site.server.received.length, 3);
  site.server.received.splice(0);
  await arrived(0);
});

/** Takes WebSockets, and notes the kind and length of what comes in them: 1 is text, 2 bytes, 8 the end. [RFC 6455 §5.2] */
async function socketServer() {
  const frames = [];
  const server = createServer();
  const open = new Set();
  server.on('upgrade', ({ headers }, socket) => {
    open.add(socket);
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('data', (data) => (data[0] & 15) !== 8 && frames.push({ kind: data[0] & 15, length: data[1] & 127 }));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `ws://127.0.0.1:${server.address().port}/`,
    frames,
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
