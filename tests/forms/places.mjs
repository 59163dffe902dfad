// How a page puts a guarded form somewhere, moves it, and submits it. Runs in the page.

/** Gives the page `place`, `move` and `SUBMISSIONS`. */
export function movable() {
  const MARKUP = '<form action="/upload" method="post" enctype="multipart/form-data" target="sink"><input type="file" name="photo"><button>Send</button></form>';
  const closed = (document) => {
    const host = document.createElement('div');
    document.body.append(host);
    return host.attachShadow({ mode: 'closed' });
  };
  const frame = () => {
    const element = document.createElement('iframe');
    document.body.append(element);
    return element.contentDocument;
  };
  /** Where it goes, with all that lies in it. Each gives a place in which it will be connected. */
  const PLACES = {
    'a closed shadow tree': () => closed(document),
    'a frame': () => frame().body,
    'a closed shadow tree in a frame': () => closed(frame()),
  };
  /** Guards a form, or its input, in the page or as it comes out of a template, and says how to move it. */
  globalThis.place = (guarded, where, more = {}) => {
    document.body.innerHTML = '<iframe name="sink"></iframe>';
    globalThis.states = [];
    const template = document.createElement('template');
    template.innerHTML = MARKUP;
    // As most scripts do it: what is in the clone belongs to no page until it is put into one.
    const fragment = template.content.cloneNode(true);
    globalThis.element = fragment.querySelector('form');
    globalThis.input = fragment.querySelector('input');
    const lone = where === 'another form';
    if (where !== 'a template' && where !== 'nothing') document.body.append(fragment);
    // Nothing but the page's own script can put it there, so that nobody is told.
    if (where === 'nothing') globalThis.holder = document.createElement('div').appendChild(document.createElement('div')).appendChild(fragment.firstChild).parentNode.parentNode;
    globalThis.protection = protect(guarded === 'form' ? element : input, { ...options, ...more, onState: (state) => states.push(state.phase) });
    globalThis.move = () => {
      if (where === 'a template') document.body.append(fragment);
      else if (where === 'nothing') document.body.append(holder);
      else if (lone) {
        const root = closed(document);
        root.innerHTML = MARKUP.replace('<input type="file" name="photo">', '');
        root.firstChild.prepend(input);
        element.remove();
        globalThis.element = root.firstChild;
      } else PLACES[where]().append(element);
    };
  };
  globalThis.SUBMISSIONS = {
    click: () => element.querySelector('button').click(),
    'submit()': () => element.submit(),
    "submit() as the window's own prototype has it": () => HTMLFormElement.prototype.submit.call(element),
    'requestSubmit()': () => element.requestSubmit(),
  };
}

export const PLACES = ['a closed shadow tree', 'a frame', 'a closed shadow tree in a frame', 'a template', 'nothing', 'another form'];
export const WAYS = ['click', 'submit()', "submit() as the window's own prototype has it", 'requestSubmit()'];
