// The headers that the page wants to be served with: by `npm start`, by static hosts, and by the page's own service worker. And the policy that
// the page carries in itself.

/**
 * For every answer, those for workers too: a worker obeys the policy that came with its own script, and fetches the page's files. Nothing leaves:
 * no host but this one, no inline script, no form, no frame around it.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * For the page itself, which carries it in a `<meta>`: no host has to send it, and it holds where a host sends nothing. What both policies allow is
 * allowed. The page asks the network for nothing: its workers do that, whose code is fixed. Scripts and workers start from three addresses alone
 * (see www/trust.ts). A `<meta>` can have no `frame-ancestors`. The page's own pictures are in it; `'self'` is for those of the manifest, without
 * which no browser offers to install the page.
 */
export const DOCUMENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'none'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types default',
].join('; ');

/** What browsers can do for a page, and this one never asks for. Not here: `clipboard-write` and `web-share`, which it uses. */
const UNUSED = [
  'accelerometer', 'autoplay', 'browsing-topics', 'camera', 'captured-surface-control', 'clipboard-read', 'compute-pressure', 'deferred-fetch', 'deferred-fetch-minimal',
  'digital-credentials-create', 'digital-credentials-get', 'display-capture', 'encrypted-media', 'fullscreen', 'gamepad', 'geolocation', 'gyroscope', 'hid',
  'identity-credentials-get', 'idle-detection', 'keyboard-map', 'language-detector', 'language-model', 'local-fonts', 'local-network-access', 'magnetometer', 'microphone',
  'midi', 'on-device-speech-recognition', 'otp-credentials', 'payment', 'picture-in-picture', 'private-state-token-issuance', 'private-state-token-redemption',
  'publickey-credentials-create', 'publickey-credentials-get', 'screen-wake-lock', 'serial', 'speaker-selection', 'storage-access', 'summarizer', 'sync-xhr', 'translator',
  'usb', 'window-management', 'xr-spatial-tracking',
];

/**
 * `Connection-Allowlist` is for what no policy reaches: WebRTC, connections made ahead, going to another site. Chromium heeds it. The policy's
 * `sandbox` would keep new windows from being opened, but browsers refuse to show a page that has it together with an opener policy.
 */
export const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Connection-Allowlist': '(response-origin)',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': UNUSED.map((name) => `${name}=()`).join(', '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'Cache-Control': 'no-cache',
};

/** As Netlify, Cloudflare Pages and others read it from a file named `_headers` beside the page. */
export function headersFile() {
  return `/*\n${Object.entries(HEADERS).map(([name, value]) => `  ${name}: ${value}\n`).join('')}`;
}
