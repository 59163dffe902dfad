// What the hosts' pages share.

/** As tests want it: outputs larger than they have to be, so that one grows. */
export const options = { quality: 95, workers: 2 };

/** A form that posts into a frame, so that the page stays. Returns what resolves when all that it has sent is answered. */
export function plainForm(fields) {
  document.body.innerHTML = `<form action="/upload" method="post" enctype="multipart/form-data" target="sink">${fields}<button name="way" value="button">Send</button></form><iframe name="sink"></iframe>`;
  const frame = document.querySelector('iframe');
  let answers = Promise.resolve();
  // Fired when the browser collects what it is about to send.
  window.addEventListener('formdata', () => {
    answers = Promise.all([answers, new Promise((done) => frame.addEventListener('load', done, { once: true }))]);
  });
  return async () => {
    // What has waited goes on a moment after it may.
    await new Promise((done) => setTimeout(done));
    await answers;
  };
}
