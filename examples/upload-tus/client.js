// Uploads a scrubbed photo by tus, and believes only an answer that names the very bytes that were sent.

import { Upload } from 'tus-js-client';

/** `file` and `report` are what `scrub` or `strip` gave. */
export function send(file, report, endpoint) {
  const { sha256 } = report.output;
  return new Promise((done, failed) => {
    const upload = new Upload(file, {
      endpoint,
      metadata: { filename: `photo-${sha256.slice(0, 8)}`, sha256 },
      // An upload that broke off goes on where the same bytes were sent before: by content, not by name and date.
      fingerprint: async () => `darkslide-${sha256}`,
      retryDelays: [0, 1000, 3000],
      onError: failed,
      onSuccess: ({ lastResponse }) => {
        const stored = lastResponse.getHeader('X-Photo-Sha256');
        if (stored === sha256) done(upload.url);
        else failed(new Error(`the server stored ${stored}, not ${sha256}`));
      },
    });
    upload.start();
  });
}
